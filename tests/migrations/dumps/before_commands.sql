-- The roles of the migrations. Passwords are set anew by every run of them.
CREATE ROLE gateway_owner NOLOGIN;
CREATE ROLE gateway LOGIN;
CREATE ROLE gateway_reader NOLOGIN;
CREATE ROLE booking_owner NOLOGIN;
CREATE ROLE booking LOGIN;
CREATE ROLE booking_reader NOLOGIN;
CREATE ROLE billing_owner NOLOGIN;
CREATE ROLE billing LOGIN;
CREATE ROLE billing_reader NOLOGIN;
CREATE ROLE notifier_owner NOLOGIN;
CREATE ROLE notifier LOGIN;
CREATE ROLE notifier_reader NOLOGIN;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

--
-- PostgreSQL database dump
--


-- Dumped from database version 18.6
-- Dumped by pg_dump version 18.6

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: billing; Type: SCHEMA; Schema: -; Owner: billing_owner
--

CREATE SCHEMA billing;


ALTER SCHEMA billing OWNER TO billing_owner;

--
-- Name: booking; Type: SCHEMA; Schema: -; Owner: booking_owner
--

CREATE SCHEMA booking;


ALTER SCHEMA booking OWNER TO booking_owner;

--
-- Name: gateway; Type: SCHEMA; Schema: -; Owner: gateway_owner
--

CREATE SCHEMA gateway;


ALTER SCHEMA gateway OWNER TO gateway_owner;

--
-- Name: notifier; Type: SCHEMA; Schema: -; Owner: notifier_owner
--

CREATE SCHEMA notifier;


ALTER SCHEMA notifier OWNER TO notifier_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: alembic_version; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE billing.alembic_version OWNER TO billing_owner;

--
-- Name: inbox; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    handled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE billing.inbox OWNER TO billing_owner;

--
-- Name: outbox; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.outbox (
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    payload text NOT NULL,
    correlation_id uuid,
    causation_id uuid,
    occurred_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_at timestamp with time zone
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');


ALTER TABLE billing.outbox OWNER TO billing_owner;

--
-- Name: payments; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.payments (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    booking_id uuid NOT NULL,
    status text NOT NULL,
    amount integer NOT NULL,
    currency character(3) NOT NULL,
    payment_intent_id text,
    client_secret text,
    failure_code text,
    failed_at timestamp with time zone,
    correlation_id uuid,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT payments_amount_check CHECK ((amount > 0)),
    CONSTRAINT payments_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'failed'::text, 'canceled'::text, 'succeeded'::text, 'refunded'::text])))
);

ALTER TABLE ONLY billing.payments FORCE ROW LEVEL SECURITY;


ALTER TABLE billing.payments OWNER TO billing_owner;

--
-- Name: reconciliation; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.reconciliation (
    account text NOT NULL,
    seen_until timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NOT NULL
);


ALTER TABLE billing.reconciliation OWNER TO billing_owner;

--
-- Name: refunds; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.refunds (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    payment_id uuid NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    amount integer NOT NULL,
    stripe_refund_id text,
    failure_code text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT refunds_amount_check CHECK ((amount > 0)),
    CONSTRAINT refunds_reason_check CHECK ((reason = ANY (ARRAY['cancelled'::text, 'late_payment'::text, 'dashboard'::text]))),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['requested'::text, 'refused'::text, 'pending'::text, 'succeeded'::text, 'failed'::text])))
);

ALTER TABLE ONLY billing.refunds FORCE ROW LEVEL SECURITY;


ALTER TABLE billing.refunds OWNER TO billing_owner;

--
-- Name: stripe_events; Type: TABLE; Schema: billing; Owner: billing_owner
--

CREATE TABLE billing.stripe_events (
    account text NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    api_version text,
    payment_intent_id text,
    state text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    next_try_at timestamp with time zone,
    payload json NOT NULL,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT stripe_events_next_try_check CHECK (((state = 'parked'::text) = (next_try_at IS NOT NULL))),
    CONSTRAINT stripe_events_state_check CHECK ((state = ANY (ARRAY['applied'::text, 'ignored'::text, 'parked'::text, 'quarantined'::text])))
);


ALTER TABLE billing.stripe_events OWNER TO billing_owner;

--
-- Name: alembic_version; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE booking.alembic_version OWNER TO booking_owner;

--
-- Name: bookings; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.bookings (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    sequence integer DEFAULT 1 NOT NULL,
    service_id uuid NOT NULL,
    service_name text NOT NULL,
    resource_id uuid NOT NULL,
    resource_name text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    occupied tstzrange NOT NULL,
    time_zone text NOT NULL,
    customer_name text NOT NULL,
    customer_email text NOT NULL,
    customer_phone text,
    notes text,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    price_amount integer NOT NULL,
    price_currency character(3) NOT NULL,
    deposit_amount integer DEFAULT 0 NOT NULL,
    deposit_status text,
    hold_expires_at timestamp with time zone,
    payment_id uuid,
    business_name text NOT NULL,
    cancellation_reason text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT bookings_deposit_status_check CHECK ((deposit_status = ANY (ARRAY['pending'::text, 'paid'::text, 'refunded'::text]))),
    CONSTRAINT bookings_occupied_check CHECK (((NOT isempty(occupied)) AND (NOT lower_inf(occupied)) AND (NOT upper_inf(occupied)) AND lower_inc(occupied) AND (NOT upper_inc(occupied)))),
    CONSTRAINT bookings_status_check CHECK ((status = ANY (ARRAY['pending_payment'::text, 'confirmed'::text, 'cancelled'::text, 'expired'::text, 'completed'::text, 'no_show'::text])))
);

ALTER TABLE ONLY booking.bookings FORCE ROW LEVEL SECURITY;


ALTER TABLE booking.bookings OWNER TO booking_owner;

--
-- Name: inbox; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    handled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE booking.inbox OWNER TO booking_owner;

--
-- Name: outbox; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.outbox (
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    payload text NOT NULL,
    correlation_id uuid,
    causation_id uuid,
    occurred_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_at timestamp with time zone
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');


ALTER TABLE booking.outbox OWNER TO booking_owner;

--
-- Name: requests; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.requests (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    subject_id uuid NOT NULL,
    idempotency_key text,
    fingerprint text,
    outcome json,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE ONLY booking.requests FORCE ROW LEVEL SECURITY;


ALTER TABLE booking.requests OWNER TO booking_owner;

--
-- Name: resource_services; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.resource_services (
    tenant_id uuid NOT NULL,
    service_id uuid NOT NULL,
    resource_id uuid NOT NULL
);

ALTER TABLE ONLY booking.resource_services FORCE ROW LEVEL SECURITY;


ALTER TABLE booking.resource_services OWNER TO booking_owner;

--
-- Name: resources; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.resources (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    weekly_hours jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY booking.resources FORCE ROW LEVEL SECURITY;


ALTER TABLE booking.resources OWNER TO booking_owner;

--
-- Name: services; Type: TABLE; Schema: booking; Owner: booking_owner
--

CREATE TABLE booking.services (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    duration_minutes integer NOT NULL,
    price_amount integer NOT NULL,
    price_currency character(3) NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    deposit_percent integer NOT NULL,
    minimum_notice_minutes integer NOT NULL,
    horizon_days integer NOT NULL,
    slot_step_minutes integer NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT services_buffer_after_minutes_check CHECK ((buffer_after_minutes >= 0)),
    CONSTRAINT services_buffer_before_minutes_check CHECK ((buffer_before_minutes >= 0)),
    CONSTRAINT services_deposit_percent_check CHECK (((deposit_percent >= 0) AND (deposit_percent <= 100))),
    CONSTRAINT services_duration_minutes_check CHECK ((duration_minutes > 0)),
    CONSTRAINT services_horizon_days_check CHECK ((horizon_days > 0)),
    CONSTRAINT services_minimum_notice_minutes_check CHECK ((minimum_notice_minutes >= 0)),
    CONSTRAINT services_price_amount_check CHECK ((price_amount >= 0)),
    CONSTRAINT services_slot_step_minutes_check CHECK ((slot_step_minutes > 0))
);

ALTER TABLE ONLY booking.services FORCE ROW LEVEL SECURITY;


ALTER TABLE booking.services OWNER TO booking_owner;

--
-- Name: alembic_version; Type: TABLE; Schema: gateway; Owner: gateway_owner
--

CREATE TABLE gateway.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE gateway.alembic_version OWNER TO gateway_owner;

--
-- Name: api_keys; Type: TABLE; Schema: gateway; Owner: gateway_owner
--

CREATE TABLE gateway.api_keys (
    id text NOT NULL,
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    secret_sha256 bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone
);


ALTER TABLE gateway.api_keys OWNER TO gateway_owner;

--
-- Name: audit_log; Type: TABLE; Schema: gateway; Owner: gateway_owner
--

CREATE TABLE gateway.audit_log (
    id uuid NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL COLLATE pg_catalog."C",
    details text NOT NULL,
    reason text NOT NULL,
    request_id uuid NOT NULL
);


ALTER TABLE gateway.audit_log OWNER TO gateway_owner;

--
-- Name: tenants; Type: TABLE; Schema: gateway; Owner: gateway_owner
--

CREATE TABLE gateway.tenants (
    id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE gateway.tenants OWNER TO gateway_owner;

--
-- Name: alembic_version; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.alembic_version (
    version_num character varying(32) NOT NULL
);


ALTER TABLE notifier.alembic_version OWNER TO notifier_owner;

--
-- Name: bookings; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.bookings (
    tenant_id uuid NOT NULL,
    booking_id uuid NOT NULL,
    version integer NOT NULL,
    sequence integer NOT NULL,
    status text NOT NULL,
    snapshot jsonb NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT bookings_status_check CHECK ((status = ANY (ARRAY['pending_payment'::text, 'confirmed'::text, 'cancelled'::text, 'expired'::text, 'completed'::text, 'no_show'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05');

ALTER TABLE ONLY notifier.bookings FORCE ROW LEVEL SECURITY;


ALTER TABLE notifier.bookings OWNER TO notifier_owner;

--
-- Name: inbox; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.inbox (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    handled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE notifier.inbox OWNER TO notifier_owner;

--
-- Name: job_heartbeats; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.job_heartbeats (
    name text NOT NULL,
    instance text NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    last_success_at timestamp with time zone,
    details jsonb DEFAULT '{}'::jsonb NOT NULL
);


ALTER TABLE notifier.job_heartbeats OWNER TO notifier_owner;

--
-- Name: messages; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.messages (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    booking_id uuid NOT NULL,
    kind text NOT NULL,
    version integer NOT NULL,
    reminder_offset_minutes integer DEFAULT 0 NOT NULL,
    recipient text NOT NULL,
    status text NOT NULL,
    send_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    interruptions integer DEFAULT 0 NOT NULL,
    claimed_at timestamp with time zone,
    sent_at timestamp with time zone,
    subject_data jsonb,
    message_id_header text NOT NULL,
    last_error text,
    correlation_id uuid,
    causation_id uuid,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT messages_kind_check CHECK ((kind = ANY (ARRAY['held'::text, 'confirmed'::text, 'rescheduled'::text, 'cancelled'::text, 'payment_received'::text, 'refund'::text, 'reminder'::text]))),
    CONSTRAINT messages_reminder_offset_minutes_check CHECK ((reminder_offset_minutes >= 0)),
    CONSTRAINT messages_status_check CHECK ((status = ANY (ARRAY['planned'::text, 'queued'::text, 'sending'::text, 'sent'::text, 'skipped'::text, 'failed'::text])))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02');

ALTER TABLE ONLY notifier.messages FORCE ROW LEVEL SECURITY;


ALTER TABLE notifier.messages OWNER TO notifier_owner;

--
-- Name: outbox; Type: TABLE; Schema: notifier; Owner: notifier_owner
--

CREATE TABLE notifier.outbox (
    id uuid NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    payload text NOT NULL,
    correlation_id uuid,
    causation_id uuid,
    occurred_at timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    published_at timestamp with time zone
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');


ALTER TABLE notifier.outbox OWNER TO notifier_owner;

--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.alembic_version (version_num) VALUES ('0001_payments_and_stripe_events');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-deposit', '01a2157a-454a-738c-a066-48607216793c', '2026-11-26 01:31:04.458433+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-deposit', '01a2157a-46c8-777b-8f9b-7e0bd4e0b302', '2026-11-26 01:31:04.802987+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-refund', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.063968+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-cancel-payment', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.083712+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-issue-refund', '01a2157a-47f4-717e-8bd1-15c3093d43a9', '2026-11-26 01:31:05.0999+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-deposit', '01a2157a-486b-72d8-8b32-d657d5aae7fd', '2026-11-26 01:31:05.226269+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-deposit', '01a2157a-54e2-7493-9983-15431f4791d0', '2026-11-26 01:31:08.408403+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-cancel-payment', '01a2157b-4170-75c0-8587-39a249791817', '2026-11-26 01:32:09.026454+00');
INSERT INTO billing.inbox (consumer, message_id, handled_at) VALUES ('billing-request-deposit', '01a21580-bd1f-7706-b3a7-299f040c7880', '2026-11-26 01:38:08.327965+00');


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4577-7636-b151-ab0ec1a42536', 'billing.payment_requested.v1', 'billing.payment_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4577-7636-b151-ab0ec1a42536","occurred_at":"2026-11-26T01:31:04.439935Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-454a-738c-a066-48607216793c","payment_id":"5bab3704-5301-59bc-b741-3c8a7d938950","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_GRgF9lZGZpFjc69GAP3SzUJr"}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-454a-738c-a066-48607216793c', '2026-11-26 01:31:04.439935+00', '2026-11-26 01:31:04.492692+00', '2026-11-26 01:31:04.571928+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-462f-7560-aac6-c3776da75eea', 'billing.payment_succeeded.v1', 'billing.payment_succeeded.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-462f-7560-aac6-c3776da75eea","occurred_at":"2026-11-26T01:31:04.623451Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":null,"payment_id":"5bab3704-5301-59bc-b741-3c8a7d938950","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_GRgF9lZGZpFjc69GAP3SzUJr"}', '01a2157a-4534-728d-a911-b6398cfea15a', NULL, '2026-11-26 01:31:04.623451+00', '2026-11-26 01:31:04.6724+00', '2026-11-26 01:31:04.823913+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-46e1-76ea-9f55-1dd9fcde6907', 'billing.payment_requested.v1', 'billing.payment_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-46e1-76ea-9f55-1dd9fcde6907","occurred_at":"2026-11-26T01:31:04.801600Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":"01a2157a-46c8-777b-8f9b-7e0bd4e0b302","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_vevLy1L5qwAOhpuUJQrDQJtL"}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-46c8-777b-8f9b-7e0bd4e0b302', '2026-11-26 01:31:04.8016+00', '2026-11-26 01:31:04.807857+00', '2026-11-26 01:31:04.939102+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-478e-7317-aa41-ec1eb41577be', 'billing.payment_succeeded.v1', 'billing.payment_succeeded.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-478e-7317-aa41-ec1eb41577be","occurred_at":"2026-11-26T01:31:04.974634Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":null,"payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_vevLy1L5qwAOhpuUJQrDQJtL"}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', NULL, '2026-11-26 01:31:04.974634+00', '2026-11-26 01:31:04.998142+00', '2026-11-26 01:31:05.043922+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-47f4-717e-8bd1-15c3093d43a9', 'billing.refund_requested.v1', 'billing.refund_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-47f4-717e-8bd1-15c3093d43a9","occurred_at":"2026-11-26T01:31:05.076363Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","causation_id":"01a2157a-47d9-7557-93c3-9bdd954a2ae1","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_vevLy1L5qwAOhpuUJQrDQJtL","refund_id":"474b87c2-1f94-52f5-ae67-1f40edf4829e","reason":"cancelled"}', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.076363+00', '2026-11-26 01:31:05.086593+00', '2026-11-26 01:31:05.146156+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4813-704b-b1fa-c35467400ee0', 'billing.refund_issued.v1', 'billing.refund_issued.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4813-704b-b1fa-c35467400ee0","occurred_at":"2026-11-26T01:31:05.107671Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","causation_id":"01a2157a-47f4-717e-8bd1-15c3093d43a9","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_vevLy1L5qwAOhpuUJQrDQJtL","refund_id":"474b87c2-1f94-52f5-ae67-1f40edf4829e","reason":"cancelled"}', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-47f4-717e-8bd1-15c3093d43a9', '2026-11-26 01:31:05.107671+00', '2026-11-26 01:31:05.111931+00', '2026-11-26 01:31:05.146199+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-54f1-7508-8feb-a32370416717', 'billing.payment_requested.v1', 'billing.payment_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-54f1-7508-8feb-a32370416717","occurred_at":"2026-11-26T01:31:08.401720Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-54ac-7789-b694-6019350fda14","causation_id":"01a2157a-54e2-7493-9983-15431f4791d0","payment_id":"2e4b2f71-65f1-5571-ad9c-e1b1fc4de449","booking_id":"01a2157a-54ac-7789-b694-6019350fda14","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_PaVOaysQF5B0kI4n8J7H2jF3"}', '01a2157a-54ac-7789-b694-6019350fda14', '01a2157a-54e2-7493-9983-15431f4791d0', '2026-11-26 01:31:08.40172+00', '2026-11-26 01:31:08.414325+00', '2026-11-26 01:31:08.482899+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-bd41-765d-944f-63f35445d929', 'billing.payment_requested.v1', 'billing.payment_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-bd41-765d-944f-63f35445d929","occurred_at":"2026-11-26T01:38:08.321783Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-bd12-76ec-a053-f8a3020f549d","causation_id":"01a21580-bd1f-7706-b3a7-299f040c7880","payment_id":"99c7b918-0d45-5dc2-ba28-768d2bdde168","booking_id":"01a21580-bd12-76ec-a053-f8a3020f549d","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_08XvLpuwhaAiPGmkvtWQMq4n"}', '01a21580-bd12-76ec-a053-f8a3020f549d', '01a21580-bd1f-7706-b3a7-299f040c7880', '2026-11-26 01:38:08.321783+00', '2026-11-26 01:38:08.331326+00', '2026-11-26 01:38:08.368861+00');
INSERT INTO billing.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4885-7426-9a6e-2a5f030246b7', 'billing.payment_requested.v1', 'billing.payment_requested.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4885-7426-9a6e-2a5f030246b7","occurred_at":"2026-11-26T01:31:05.221469Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-484d-7474-bd86-1eb943f42421","causation_id":"01a2157a-486b-72d8-8b32-d657d5aae7fd","payment_id":"b7e8ac2f-6f51-55eb-8363-0555dfd767dd","booking_id":"01a2157a-484d-7474-bd86-1eb943f42421","amount":{"amount":2700,"currency":"eur"},"payment_intent_id":"pi_Leac68amIAvw5ICILkcP0UKt"}', '01a2157a-484d-7474-bd86-1eb943f42421', '01a2157a-486b-72d8-8b32-d657d5aae7fd', '2026-11-26 01:31:05.221469+00', '2026-11-26 01:31:05.236769+00', '2026-11-26 01:31:05.361676+00');


--
-- Data for Name: payments; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency, payment_intent_id, client_secret, failure_code, failed_at, correlation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '5bab3704-5301-59bc-b741-3c8a7d938950', '01a2157a-4534-728d-a911-b6398cfea15a', 'succeeded', 2700, 'eur', 'pi_GRgF9lZGZpFjc69GAP3SzUJr', 'pi_GRgF9lZGZpFjc69GAP3SzUJr_secret_Yw0jBFz70NLnFYPvca77OPeA', NULL, NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '2026-11-26 01:31:04.472429+00');
INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency, payment_intent_id, client_secret, failure_code, failed_at, correlation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', 'f56674eb-2ccd-5d8f-bcba-70c6e7e4005e', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'refunded', 2700, 'eur', 'pi_vevLy1L5qwAOhpuUJQrDQJtL', 'pi_vevLy1L5qwAOhpuUJQrDQJtL_secret_eHIWD7OR3GSzgungu8Vo9EVc', NULL, NULL, '01a2157a-46b6-7296-a8e2-dfa7994fe294', '2026-11-26 01:31:04.80584+00');
INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency, payment_intent_id, client_secret, failure_code, failed_at, correlation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', 'b7e8ac2f-6f51-55eb-8363-0555dfd767dd', '01a2157a-484d-7474-bd86-1eb943f42421', 'requested', 2700, 'eur', 'pi_Leac68amIAvw5ICILkcP0UKt', 'pi_Leac68amIAvw5ICILkcP0UKt_secret_WUioTYjC05xnAOS7tLNGlQ1O', NULL, NULL, '01a2157a-484d-7474-bd86-1eb943f42421', '2026-11-26 01:31:05.235259+00');
INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency, payment_intent_id, client_secret, failure_code, failed_at, correlation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '2e4b2f71-65f1-5571-ad9c-e1b1fc4de449', '01a2157a-54ac-7789-b694-6019350fda14', 'canceled', 2700, 'eur', 'pi_PaVOaysQF5B0kI4n8J7H2jF3', 'pi_PaVOaysQF5B0kI4n8J7H2jF3_secret_WenckHqhlU9TQXvRrBqWDTNh', NULL, NULL, '01a2157a-54ac-7789-b694-6019350fda14', '2026-11-26 01:31:08.412702+00');
INSERT INTO billing.payments (tenant_id, id, booking_id, status, amount, currency, payment_intent_id, client_secret, failure_code, failed_at, correlation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '99c7b918-0d45-5dc2-ba28-768d2bdde168', '01a21580-bd12-76ec-a053-f8a3020f549d', 'requested', 2700, 'eur', 'pi_08XvLpuwhaAiPGmkvtWQMq4n', 'pi_08XvLpuwhaAiPGmkvtWQMq4n_secret_KRjrIMFn5me05FQsG3oUdWkc', NULL, NULL, '01a21580-bd12-76ec-a053-f8a3020f549d', '2026-11-26 01:38:08.329428+00');


--
-- Data for Name: reconciliation; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.reconciliation (account, seen_until, leased_until) VALUES ('', '2026-11-26 01:32:09+00', '2026-11-26 01:38:02.623463+00');


--
-- Data for Name: refunds; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.refunds (tenant_id, id, payment_id, status, reason, amount, stripe_refund_id, failure_code, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '474b87c2-1f94-52f5-ae67-1f40edf4829e', 'f56674eb-2ccd-5d8f-bcba-70c6e7e4005e', 'succeeded', 'cancelled', 2700, 're_WfM6Twxf31De1MVSGpHYqyLq', NULL, '2026-11-26 01:31:05.073575+00');


--
-- Data for Name: stripe_events; Type: TABLE DATA; Schema: billing; Owner: billing_owner
--

INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_fnyrM5AGhJfcHi42FTulWuKv', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_fnyrM5AGhJfcHi42FTulWuKv","type":"payment_intent.created","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_GRgF9lZGZpFjc69GAP3SzUJr","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_GRgF9lZGZpFjc69GAP3SzUJr_secret_Yw0jBFz70NLnFYPvca77OPeA","confirmation_method":"automatic","created":1795656664,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","payment_id":"5bab3704-5301-59bc-b741-3c8a7d938950"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_payment_method","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_i7TWwzg60XFIgJdmqmZpWMXc","idempotency_key":"pi:01a2157a-4534-728d-a911-b6398cfea15a:1"}}', '2026-11-26 01:31:04.585031+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_5RAUaEtAdM4hiY628WV0T8Kz', 'payment_intent.succeeded', '2026-10-28.endive', 'pi_GRgF9lZGZpFjc69GAP3SzUJr', 'applied', NULL, 0, NULL, '{"id":"evt_5RAUaEtAdM4hiY628WV0T8Kz","type":"payment_intent.succeeded","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_GRgF9lZGZpFjc69GAP3SzUJr","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":2700,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_GRgF9lZGZpFjc69GAP3SzUJr_secret_Yw0jBFz70NLnFYPvca77OPeA","confirmation_method":"automatic","created":1795656664,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":"ch_jacZlfaRzJMagOdKFzH1Y1jP","livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","payment_id":"5bab3704-5301-59bc-b741-3c8a7d938950"},"next_action":null,"on_behalf_of":null,"payment_method":"pm_rmL5aeVSt3y6BtPgYCJghTnb","payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_E6KLUOkXe02DqdWCWaaAp3NE","idempotency_key":null}}', '2026-11-26 01:31:04.613633+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_pEoqYjpFDkMd4xmNV5awK87X', 'charge.succeeded', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_pEoqYjpFDkMd4xmNV5awK87X","type":"charge.succeeded","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"ch_jacZlfaRzJMagOdKFzH1Y1jP","object":"charge","amount":2700,"amount_captured":2700,"amount_refunded":0,"application":null,"application_fee":null,"application_fee_amount":null,"balance_transaction":"txn_HjJjkkb6HYdwzECPLevmKcqD","billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":null,"state":null},"email":null,"name":null,"phone":null,"tax_id":null},"calculated_statement_descriptor":"TIDEBOOK","captured":true,"created":1795656664,"currency":"eur","customer":null,"description":"Deposit: Deep clean, Tenant 1170959a","disputed":false,"failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},"livemode":false,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","payment_id":"5bab3704-5301-59bc-b741-3c8a7d938950"},"on_behalf_of":null,"outcome":{"advice_code":null,"network_advice_code":null,"network_decline_code":null,"network_status":"approved_by_network","reason":null,"risk_level":"normal","risk_score":20,"seller_message":"Payment complete.","type":"authorized"},"paid":true,"payment_intent":"pi_GRgF9lZGZpFjc69GAP3SzUJr","payment_method":"pm_rmL5aeVSt3y6BtPgYCJghTnb","payment_method_details":{"card":{"brand":"visa","checks":{"address_line1_check":null,"address_postal_code_check":null,"cvc_check":"pass"},"country":"US","exp_month":12,"exp_year":2028,"fingerprint":"477bba133c182267","funding":"credit","last4":"4242","regulated_status":"unregulated","wallet":null,"amount_authorized":2700,"authorization_code":null,"extended_authorization":{"status":"disabled"},"incremental_authorization":{"status":"unavailable"},"installments":null,"mandate":null,"multicapture":{"status":"unavailable"},"network":"visa","network_token":{"used":false},"network_transaction_id":null,"overcapture":{"maximum_amount_capturable":2700,"status":"unavailable"},"three_d_secure":null,"transaction_link_id":null},"type":"card"},"receipt_email":null,"receipt_number":null,"receipt_url":null,"refunded":false,"refunds":null,"review":null,"shipping":null,"source":null,"source_transfer":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_E6KLUOkXe02DqdWCWaaAp3NE","idempotency_key":null}}', '2026-11-26 01:31:04.613822+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_MiYlwmQlCY6NMzYeaOpkgInu', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_MiYlwmQlCY6NMzYeaOpkgInu","type":"payment_intent.created","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_vevLy1L5qwAOhpuUJQrDQJtL","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_vevLy1L5qwAOhpuUJQrDQJtL_secret_eHIWD7OR3GSzgungu8Vo9EVc","confirmation_method":"automatic","created":1795656664,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_payment_method","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_aP366fY2KAiSPGrtJviZuheH","idempotency_key":"pi:01a2157a-46b6-7296-a8e2-dfa7994fe294:1"}}', '2026-11-26 01:31:04.829823+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_AGTcAbvsKteAGsTUT8tOY7IQ', 'charge.succeeded', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_AGTcAbvsKteAGsTUT8tOY7IQ","type":"charge.succeeded","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"ch_I1qEa3x6xOPTUCEfwmHdC4zB","object":"charge","amount":2700,"amount_captured":2700,"amount_refunded":0,"application":null,"application_fee":null,"application_fee_amount":null,"balance_transaction":"txn_wtZSlkb9VQNQuX6VGVaTJhcd","billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":null,"state":null},"email":null,"name":null,"phone":null,"tax_id":null},"calculated_statement_descriptor":"TIDEBOOK","captured":true,"created":1795656664,"currency":"eur","customer":null,"description":"Deposit: Deep clean, Tenant 1170959a","disputed":false,"failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},"livemode":false,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e"},"on_behalf_of":null,"outcome":{"advice_code":null,"network_advice_code":null,"network_decline_code":null,"network_status":"approved_by_network","reason":null,"risk_level":"normal","risk_score":20,"seller_message":"Payment complete.","type":"authorized"},"paid":true,"payment_intent":"pi_vevLy1L5qwAOhpuUJQrDQJtL","payment_method":"pm_tAa8CMctI3yFk1GJwNhbJSuE","payment_method_details":{"card":{"brand":"visa","checks":{"address_line1_check":null,"address_postal_code_check":null,"cvc_check":"pass"},"country":"US","exp_month":12,"exp_year":2028,"fingerprint":"477bba133c182267","funding":"credit","last4":"4242","regulated_status":"unregulated","wallet":null,"amount_authorized":2700,"authorization_code":null,"extended_authorization":{"status":"disabled"},"incremental_authorization":{"status":"unavailable"},"installments":null,"mandate":null,"multicapture":{"status":"unavailable"},"network":"visa","network_token":{"used":false},"network_transaction_id":null,"overcapture":{"maximum_amount_capturable":2700,"status":"unavailable"},"three_d_secure":null,"transaction_link_id":null},"type":"card"},"receipt_email":null,"receipt_number":null,"receipt_url":null,"refunded":false,"refunds":null,"review":null,"shipping":null,"source":null,"source_transfer":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_USFb1ErooYyPjNDn6aqdHXLK","idempotency_key":null}}', '2026-11-26 01:31:04.972555+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_wNTNi2u2FSvUBGi2o0fWlHxj', 'payment_intent.succeeded', '2026-10-28.endive', 'pi_vevLy1L5qwAOhpuUJQrDQJtL', 'applied', NULL, 0, NULL, '{"id":"evt_wNTNi2u2FSvUBGi2o0fWlHxj","type":"payment_intent.succeeded","created":1795656664,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_vevLy1L5qwAOhpuUJQrDQJtL","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":2700,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_vevLy1L5qwAOhpuUJQrDQJtL_secret_eHIWD7OR3GSzgungu8Vo9EVc","confirmation_method":"automatic","created":1795656664,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":"ch_I1qEa3x6xOPTUCEfwmHdC4zB","livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e"},"next_action":null,"on_behalf_of":null,"payment_method":"pm_tAa8CMctI3yFk1GJwNhbJSuE","payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_USFb1ErooYyPjNDn6aqdHXLK","idempotency_key":null}}', '2026-11-26 01:31:04.972849+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_G56tWI6q4fUxLsueEYiC3puV', 'refund.created', '2026-10-28.endive', 'pi_vevLy1L5qwAOhpuUJQrDQJtL', 'ignored', 'nothing_new', 0, NULL, '{"id":"evt_G56tWI6q4fUxLsueEYiC3puV","type":"refund.created","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"re_WfM6Twxf31De1MVSGpHYqyLq","object":"refund","amount":2700,"balance_transaction":"txn_uJTtqc1RDJnLP5BRg5RsDg7W","charge":"ch_I1qEa3x6xOPTUCEfwmHdC4zB","created":1795656665,"currency":"eur","customer":null,"customer_account":null,"destination_details":{"card":{"reference_status":"pending","reference_type":"acquirer_reference_number","type":"refund"},"type":"card"},"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","refund_id":"474b87c2-1f94-52f5-ae67-1f40edf4829e"},"payment_intent":"pi_vevLy1L5qwAOhpuUJQrDQJtL","payment_method":"pm_tAa8CMctI3yFk1GJwNhbJSuE","reason":null,"receipt_number":null,"source_transfer_reversal":null,"status":"succeeded","transfer_reversal":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_AZ8Bti5YyN1qCfvSzcqZyOL4","idempotency_key":"refund:474b87c2-1f94-52f5-ae67-1f40edf4829e"}}', '2026-11-26 01:31:05.150044+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_bvo0qwBbmNXI6O7mKbPAcNgQ', 'charge.refunded', '2026-10-28.endive', 'pi_vevLy1L5qwAOhpuUJQrDQJtL', 'ignored', 'nothing_new', 0, NULL, '{"id":"evt_bvo0qwBbmNXI6O7mKbPAcNgQ","type":"charge.refunded","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"ch_I1qEa3x6xOPTUCEfwmHdC4zB","object":"charge","amount":2700,"amount_captured":2700,"amount_refunded":2700,"application":null,"application_fee":null,"application_fee_amount":null,"balance_transaction":"txn_wtZSlkb9VQNQuX6VGVaTJhcd","billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":null,"state":null},"email":null,"name":null,"phone":null,"tax_id":null},"calculated_statement_descriptor":"TIDEBOOK","captured":true,"created":1795656664,"currency":"eur","customer":null,"description":"Deposit: Deep clean, Tenant 1170959a","disputed":false,"failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},"livemode":false,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","payment_id":"f56674eb-2ccd-5d8f-bcba-70c6e7e4005e"},"on_behalf_of":null,"outcome":{"advice_code":null,"network_advice_code":null,"network_decline_code":null,"network_status":"approved_by_network","reason":null,"risk_level":"normal","risk_score":20,"seller_message":"Payment complete.","type":"authorized"},"paid":true,"payment_intent":"pi_vevLy1L5qwAOhpuUJQrDQJtL","payment_method":"pm_tAa8CMctI3yFk1GJwNhbJSuE","payment_method_details":{"card":{"brand":"visa","checks":{"address_line1_check":null,"address_postal_code_check":null,"cvc_check":"pass"},"country":"US","exp_month":12,"exp_year":2028,"fingerprint":"477bba133c182267","funding":"credit","last4":"4242","regulated_status":"unregulated","wallet":null,"amount_authorized":2700,"authorization_code":null,"extended_authorization":{"status":"disabled"},"incremental_authorization":{"status":"unavailable"},"installments":null,"mandate":null,"multicapture":{"status":"unavailable"},"network":"visa","network_token":{"used":false},"network_transaction_id":null,"overcapture":{"maximum_amount_capturable":2700,"status":"unavailable"},"three_d_secure":null,"transaction_link_id":null},"type":"card"},"receipt_email":null,"receipt_number":null,"receipt_url":null,"refunded":true,"refunds":null,"review":null,"shipping":null,"source":null,"source_transfer":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null},"previous_attributes":{"amount_refunded":0,"refunded":false}},"object":"event","pending_webhooks":1,"request":{"id":"req_AZ8Bti5YyN1qCfvSzcqZyOL4","idempotency_key":"refund:474b87c2-1f94-52f5-ae67-1f40edf4829e"}}', '2026-11-26 01:31:05.150189+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_LlW2ae1E0D6YTC4Jy1pld3mD', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_LlW2ae1E0D6YTC4Jy1pld3mD","type":"payment_intent.created","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_Leac68amIAvw5ICILkcP0UKt","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_Leac68amIAvw5ICILkcP0UKt_secret_WUioTYjC05xnAOS7tLNGlQ1O","confirmation_method":"automatic","created":1795656665,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-484d-7474-bd86-1eb943f42421","payment_id":"b7e8ac2f-6f51-55eb-8363-0555dfd767dd"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_payment_method","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_wkGl3h6hlGhjE1eJacrj75Bi","idempotency_key":"pi:01a2157a-484d-7474-bd86-1eb943f42421:1"}}', '2026-11-26 01:31:05.244907+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_N2lqwsuVGAgpvog9NXtGy9up', 'charge.succeeded', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_N2lqwsuVGAgpvog9NXtGy9up","type":"charge.succeeded","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"ch_BxUub8wiXWmya05qbPeYBCld","object":"charge","amount":1200,"amount_captured":1200,"amount_refunded":0,"application":null,"application_fee":null,"application_fee_amount":null,"balance_transaction":"txn_nBiYj0BWWychUQUg0QM6dEVH","billing_details":{"address":{"city":null,"country":null,"line1":null,"line2":null,"postal_code":null,"state":null},"email":null,"name":null,"phone":null,"tax_id":null},"calculated_statement_descriptor":"TIDEBOOK","captured":true,"created":1795656665,"currency":"eur","customer":null,"description":null,"disputed":false,"failure_balance_transaction":null,"failure_code":null,"failure_message":null,"fraud_details":{},"livemode":false,"metadata":{},"on_behalf_of":null,"outcome":{"advice_code":null,"network_advice_code":null,"network_decline_code":null,"network_status":"approved_by_network","reason":null,"risk_level":"normal","risk_score":20,"seller_message":"Payment complete.","type":"authorized"},"paid":true,"payment_intent":"pi_taQH02P2kptsMXvzCiaSRE8l","payment_method":"pm_veoI12UkzfAOVyTQfBL8iqor","payment_method_details":{"card":{"brand":"visa","checks":{"address_line1_check":null,"address_postal_code_check":null,"cvc_check":"pass"},"country":"US","exp_month":12,"exp_year":2028,"fingerprint":"477bba133c182267","funding":"credit","last4":"4242","regulated_status":"unregulated","wallet":null,"amount_authorized":1200,"authorization_code":null,"extended_authorization":{"status":"disabled"},"incremental_authorization":{"status":"unavailable"},"installments":null,"mandate":null,"multicapture":{"status":"unavailable"},"network":"visa","network_token":{"used":false},"network_transaction_id":null,"overcapture":{"maximum_amount_capturable":1200,"status":"unavailable"},"three_d_secure":null,"transaction_link_id":null},"type":"card"},"receipt_email":null,"receipt_number":null,"receipt_url":null,"refunded":false,"refunds":null,"review":null,"shipping":null,"source":null,"source_transfer":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_AsBZaKfm8fQT6XHCYNp2ZD0s","idempotency_key":null}}', '2026-11-26 01:31:05.35352+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_vHlu3EUXmQvR8arugF0gdFgb', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_vHlu3EUXmQvR8arugF0gdFgb","type":"payment_intent.created","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_taQH02P2kptsMXvzCiaSRE8l","object":"payment_intent","allowed_payment_method_types":null,"amount":1200,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":{"allow_redirects":"never","enabled":true},"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_taQH02P2kptsMXvzCiaSRE8l_secret_iM98FuF9keTPCvXtcxKqPXp8","confirmation_method":"automatic","created":1795656665,"currency":"eur","customer":null,"customer_account":null,"description":null,"excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{},"next_action":null,"on_behalf_of":null,"payment_method":"pm_veoI12UkzfAOVyTQfBL8iqor","payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_confirmation","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_AsBZaKfm8fQT6XHCYNp2ZD0s","idempotency_key":null}}', '2026-11-26 01:31:05.353726+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_dK0cvwgxZU7nTztSB0Cbn6b8', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_dK0cvwgxZU7nTztSB0Cbn6b8","type":"payment_intent.created","created":1795656668,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_PaVOaysQF5B0kI4n8J7H2jF3","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_PaVOaysQF5B0kI4n8J7H2jF3_secret_WenckHqhlU9TQXvRrBqWDTNh","confirmation_method":"automatic","created":1795656668,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-54ac-7789-b694-6019350fda14","payment_id":"2e4b2f71-65f1-5571-ad9c-e1b1fc4de449"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_payment_method","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_ZOULgKh0SabV5yxcRdfgEset","idempotency_key":"pi:01a2157a-54ac-7789-b694-6019350fda14:1"}}', '2026-11-26 01:31:08.422222+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_i5vQuNc1p7UqHaJErKweMXfs', 'payment_intent.canceled', '2026-10-28.endive', 'pi_PaVOaysQF5B0kI4n8J7H2jF3', 'ignored', 'nothing_new', 0, NULL, '{"id":"evt_i5vQuNc1p7UqHaJErKweMXfs","type":"payment_intent.canceled","created":1795656729,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_PaVOaysQF5B0kI4n8J7H2jF3","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":1795656729,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_PaVOaysQF5B0kI4n8J7H2jF3_secret_WenckHqhlU9TQXvRrBqWDTNh","confirmation_method":"automatic","created":1795656668,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a2157a-54ac-7789-b694-6019350fda14","payment_id":"2e4b2f71-65f1-5571-ad9c-e1b1fc4de449"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"canceled","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_1jqm0CjGGtnIZRmhxdISIyMm","idempotency_key":"843e1562-4cc1-e820-19ac-892da59de0df"}}', '2026-11-26 01:32:09.039024+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_v1w84HsTxWXvMrNro4CrVQAX', 'payment_intent.succeeded', '2026-10-28.endive', 'pi_taQH02P2kptsMXvzCiaSRE8l', 'parked', NULL, 8, '2026-11-26 01:39:39.374508+00', '{"id":"evt_v1w84HsTxWXvMrNro4CrVQAX","type":"payment_intent.succeeded","created":1795656665,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_taQH02P2kptsMXvzCiaSRE8l","object":"payment_intent","allowed_payment_method_types":null,"amount":1200,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":1200,"application":null,"application_fee_amount":null,"automatic_payment_methods":{"allow_redirects":"never","enabled":true},"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_taQH02P2kptsMXvzCiaSRE8l_secret_iM98FuF9keTPCvXtcxKqPXp8","confirmation_method":"automatic","created":1795656665,"currency":"eur","customer":null,"customer_account":null,"description":null,"excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":"ch_BxUub8wiXWmya05qbPeYBCld","livemode":false,"managed_payments":null,"metadata":{},"next_action":null,"on_behalf_of":null,"payment_method":"pm_veoI12UkzfAOVyTQfBL8iqor","payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"succeeded","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_AsBZaKfm8fQT6XHCYNp2ZD0s","idempotency_key":null}}', '2026-11-26 01:31:05.353716+00');
INSERT INTO billing.stripe_events (account, event_id, type, api_version, payment_intent_id, state, reason, attempts, next_try_at, payload, received_at) VALUES ('', 'evt_KRfxMEAqqbOrYq0GJCDXDWXa', 'payment_intent.created', '2026-10-28.endive', NULL, 'ignored', 'type', 0, NULL, '{"id":"evt_KRfxMEAqqbOrYq0GJCDXDWXa","type":"payment_intent.created","created":1795657088,"livemode":false,"account":null,"api_version":"2026-10-28.endive","data":{"object":{"id":"pi_08XvLpuwhaAiPGmkvtWQMq4n","object":"payment_intent","allowed_payment_method_types":["card"],"amount":2700,"amount_capturable":0,"amount_details":{"tip":{}},"amount_received":0,"application":null,"application_fee_amount":null,"automatic_payment_methods":null,"canceled_at":null,"cancellation_reason":null,"capture_method":"automatic_async","client_secret":"pi_08XvLpuwhaAiPGmkvtWQMq4n_secret_KRjrIMFn5me05FQsG3oUdWkc","confirmation_method":"automatic","created":1795657088,"currency":"eur","customer":null,"customer_account":null,"description":"Deposit: Deep clean, Tenant 1170959a","excluded_payment_method_types":null,"last_payment_error":null,"latest_charge":null,"livemode":false,"managed_payments":null,"metadata":{"tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","booking_id":"01a21580-bd12-76ec-a053-f8a3020f549d","payment_id":"99c7b918-0d45-5dc2-ba28-768d2bdde168"},"next_action":null,"on_behalf_of":null,"payment_method":null,"payment_method_configuration_details":null,"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,"setup_future_usage":null,"shipping":null,"source":null,"statement_descriptor":null,"statement_descriptor_suffix":null,"status":"requires_payment_method","transfer_data":null,"transfer_group":null}},"object":"event","pending_webhooks":1,"request":{"id":"req_RJXE2hsykjniJzijta7vAKBJ","idempotency_key":"pi:01a21580-bd12-76ec-a053-f8a3020f549d:1"}}', '2026-11-26 01:38:08.338311+00');


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.alembic_version (version_num) VALUES ('0002_events_by_cause');


--
-- Data for Name: bookings; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 'confirmed', 1, 1, '01a2157a-439a-7276-91cb-dc28a761fcf6', 'Standard cleaning', '01a2157a-43c0-709b-a3e6-a1c4b2946af0', 'Another firm''s team', '2026-11-29 01:00:00+00', '2026-11-29 02:00:00+00', '["2026-11-29 01:00:00+00","2026-11-29 02:00:00+00")', 'Europe/Paris', 'Ada', 'of-another-tenant@customer.example', NULL, NULL, '{}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant e97e7772', NULL, '2026-11-26 01:31:04.060625+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4413-7617-89f2-80cefe99c25c', 'confirmed', 1, 1, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-11-29 01:00:00+00', '2026-11-29 02:00:00+00', '["2026-11-29 01:00:00+00","2026-11-29 02:00:00+00")', 'Europe/Paris', 'Confirmed', 'confirmed@customer.example', NULL, 'The key is under the mat.', '{"story": "confirmed"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.10194+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-446c-703b-aafc-66e49c70023a', 'confirmed', 1, 1, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-11-30 01:00:00+00', '2026-11-30 02:00:00+00', '["2026-11-30 01:00:00+00","2026-11-30 02:00:00+00")', 'Europe/Paris', 'Without Key', 'without-key@customer.example', NULL, 'The key is under the mat.', '{"story": "without-key"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.181477+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4481-77bb-9df6-918971ff755a', 'confirmed', 1, 1, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-11-28 01:00:00+00', '2026-11-28 02:00:00+00', '["2026-11-28 01:00:00+00","2026-11-28 02:00:00+00")', 'Europe/Paris', 'To Be Reminded', 'to-be-reminded@customer.example', NULL, 'The key is under the mat.', '{"story": "to-be-reminded"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.205886+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'confirmed', 2, 2, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-02 01:00:00+00', '2026-12-02 02:00:00+00', '["2026-12-02 01:00:00+00","2026-12-02 02:00:00+00")', 'Europe/Paris', 'Moved', 'moved@customer.example', NULL, 'The key is under the mat.', '{"story": "moved"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.245174+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-44f9-710a-9951-85ae805dab6d', 'cancelled', 2, 2, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-03 01:00:00+00', '2026-12-03 02:00:00+00', '["2026-12-03 01:00:00+00","2026-12-03 02:00:00+00")', 'Europe/Paris', 'Cancelled', 'cancelled@customer.example', NULL, 'The key is under the mat.', '{"story": "cancelled"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', 'The cat tidied up', '2026-11-26 01:31:04.324544+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4534-728d-a911-b6398cfea15a', 'confirmed', 2, 2, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-04 01:00:00+00', '2026-12-04 02:00:00+00', '["2026-12-04 01:00:00+00","2026-12-04 02:00:00+00")', 'Europe/Paris', 'Paid', 'paid@customer.example', NULL, 'The key is under the mat.', '{"story": "paid"}', 9000, 'eur', 2700, 'paid', NULL, '5bab3704-5301-59bc-b741-3c8a7d938950', 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.392665+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'cancelled', 3, 3, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-05 01:00:00+00', '2026-12-05 02:00:00+00', '["2026-12-05 01:00:00+00","2026-12-05 02:00:00+00")', 'Europe/Paris', 'Refunded', 'refunded@customer.example', NULL, 'The key is under the mat.', '{"story": "refunded"}', 9000, 'eur', 2700, 'refunded', NULL, 'f56674eb-2ccd-5d8f-bcba-70c6e7e4005e', 'Tenant 1170959a', 'Illness', '2026-11-26 01:31:04.772858+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-484d-7474-bd86-1eb943f42421', 'pending_payment', 1, 1, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-06 01:00:00+00', '2026-12-06 02:00:00+00', '["2026-12-06 01:00:00+00","2026-12-06 02:00:00+00")', 'Europe/Paris', 'Held', 'held@customer.example', NULL, 'The key is under the mat.', '{"story": "held"}', 9000, 'eur', 2700, 'pending', '2026-11-26 03:31:05.193723+00', NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:05.193723+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-54ac-7789-b694-6019350fda14', 'expired', 2, 2, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-07 01:00:00+00', '2026-12-07 02:00:00+00', '["2026-12-07 01:00:00+00","2026-12-07 02:00:00+00")', 'Europe/Paris', 'Expired', 'expired@customer.example', NULL, 'The key is under the mat.', '{"story": "expired"}', 9000, 'eur', 2700, 'pending', '2026-11-26 01:32:08.37058+00', NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:08.37058+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-43d6-776f-abc3-6cab14dee82c', 'completed', 2, 2, '01a2157a-433f-70f7-8a70-020aa3be6fa4', 'Five minutes', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-11-26 01:33:00+00', '2026-11-26 01:38:00+00', '["2026-11-26 01:33:00+00","2026-11-26 01:38:00+00")', 'Europe/Paris', 'Completed', 'completed@customer.example', NULL, 'The key is under the mat.', '{"story": "completed"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:31:04.031032+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bc23-727f-8e80-e7bfc580ca01', 'confirmed', 1, 1, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-08 01:00:00+00', '2026-12-08 02:00:00+00', '["2026-12-08 01:00:00+00","2026-12-08 02:00:00+00")', 'Europe/Paris', 'Mail Waits', 'mail-waits@customer.example', NULL, 'The key is under the mat.', '{"story": "mail-waits"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:38:08.053525+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcf5-77ec-b886-a2cc08229653', 'confirmed', 1, 1, '01a2157a-433f-70f7-8a70-020aa3be6fa4', 'Five minutes', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-11-26 01:39:00+00', '2026-11-26 01:44:00+00', '["2026-11-26 01:39:00+00","2026-11-26 01:44:00+00")', 'Europe/Paris', 'Over Soon', 'over-soon@customer.example', NULL, 'The key is under the mat.', '{"story": "over-soon"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:38:08.257209+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd12-76ec-a053-f8a3020f549d', 'pending_payment', 1, 1, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-09 01:00:00+00', '2026-12-09 02:00:00+00', '["2026-12-09 01:00:00+00","2026-12-09 02:00:00+00")', 'Europe/Paris', 'Unpaid', 'unpaid@customer.example', NULL, 'The key is under the mat.', '{"story": "unpaid"}', 9000, 'eur', 2700, 'pending', '2026-11-26 01:39:08.282123+00', NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:38:08.282123+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cb32-7159-951b-aaae33d57b20', 'confirmed', 1, 1, '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-10 01:00:00+00', '2026-12-10 02:00:00+00', '["2026-12-10 01:00:00+00","2026-12-10 02:00:00+00")', 'Europe/Paris', 'Published Not Marked', 'published-not-marked@customer.example', NULL, 'The key is under the mat.', '{"story": "published-not-marked"}', 9000, 'eur', 0, NULL, NULL, NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:38:11.917572+00');
INSERT INTO booking.bookings (tenant_id, id, status, version, sequence, service_id, service_name, resource_id, resource_name, starts_at, ends_at, occupied, time_zone, customer_name, customer_email, customer_phone, notes, metadata, price_amount, price_currency, deposit_amount, deposit_status, hold_expires_at, payment_id, business_name, cancellation_reason, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-d0f0-7602-8ea3-12c94903efb0', 'pending_payment', 1, 1, '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', '2026-12-11 01:00:00+00', '2026-12-11 02:00:00+00', '["2026-12-11 01:00:00+00","2026-12-11 02:00:00+00")', 'Europe/Paris', 'Not Published', 'not-published@customer.example', NULL, 'The key is under the mat.', '{"story": "not-published"}', 9000, 'eur', 2700, 'pending', '2026-11-26 03:38:13.381353+00', NULL, 'Tenant 1170959a', NULL, '2026-11-26 01:38:13.381353+00');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.inbox (consumer, message_id, handled_at) VALUES ('booking-confirm-booking', '01a2157a-462f-7560-aac6-c3776da75eea', '2026-11-26 01:31:04.684163+00');
INSERT INTO booking.inbox (consumer, message_id, handled_at) VALUES ('booking-confirm-booking', '01a2157a-478e-7317-aa41-ec1eb41577be', '2026-11-26 01:31:05.006262+00');
INSERT INTO booking.inbox (consumer, message_id, handled_at) VALUES ('booking-record-refund', '01a2157a-4813-704b-b1fa-c35467400ee0', '2026-11-26 01:31:05.120517+00');


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-43ee-74e6-ad20-a6e2870b488a', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-43ee-74e6-ad20-a6e2870b488a","occurred_at":"2026-11-26T01:31:04.031032Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","causation_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","booking":{"id":"01a2157a-43d6-776f-abc3-6cab14dee82c","status":"confirmed","version":1,"service_id":"01a2157a-433f-70f7-8a70-020aa3be6fa4","service_name":"Five minutes","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-26T01:33:00Z","ends_at":"2026-11-26T01:38:00Z","local_start":"2026-11-26T02:33:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Completed","email":"completed@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"completed"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.031032Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-43d6-776f-abc3-6cab14dee82c', '01a2157a-43d6-776f-abc3-6cab14dee82c', '2026-11-26 01:31:04.031032+00', '2026-11-26 01:31:04.048294+00', '2026-11-26 01:31:04.103707+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4409-74d0-af5c-0b1df604688e', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-42d2-736b-af5d-ea9b0a1be744', '{"id":"01a2157a-4409-74d0-af5c-0b1df604688e","occurred_at":"2026-11-26T01:31:04.060625Z","tenant_id":"01a2157a-42d2-736b-af5d-ea9b0a1be744","correlation_id":"01a2157a-43f7-7021-8b94-d7cf0117a0a5","causation_id":"01a2157a-43f7-7021-8b94-d7cf0117a0a5","booking":{"id":"01a2157a-43f7-7021-8b94-d7cf0117a0a5","status":"confirmed","version":1,"service_id":"01a2157a-439a-7276-91cb-dc28a761fcf6","service_name":"Standard cleaning","resource_id":"01a2157a-43c0-709b-a3e6-a1c4b2946af0","resource_name":"Another firm''s team","starts_at":"2026-11-29T01:00:00Z","ends_at":"2026-11-29T02:00:00Z","local_start":"2026-11-29T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Ada","email":"of-another-tenant@customer.example","phone":null},"notes":null,"metadata":{},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant e97e7772","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.060625Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '2026-11-26 01:31:04.060625+00', '2026-11-26 01:31:04.075145+00', '2026-11-26 01:31:04.103753+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-46c8-777b-8f9b-7e0bd4e0b302', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-46c8-777b-8f9b-7e0bd4e0b302","occurred_at":"2026-11-26T01:31:04.772858Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","booking":{"id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-05T01:00:00Z","ends_at":"2026-12-05T02:00:00Z","local_start":"2026-12-05T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Refunded","email":"refunded@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"refunded"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T03:31:04.772858Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.772858Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '2026-11-26 01:31:04.772858+00', '2026-11-26 01:31:04.779068+00', '2026-11-26 01:31:04.851489+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-47b3-73ba-925e-115666e9f86b', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-47b3-73ba-925e-115666e9f86b","occurred_at":"2026-11-26T01:31:05.011081Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":"01a2157a-478e-7317-aa41-ec1eb41577be","booking":{"id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","status":"confirmed","version":2,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-05T01:00:00Z","ends_at":"2026-12-05T02:00:00Z","local_start":"2026-12-05T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Refunded","email":"refunded@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"refunded"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"paid"},"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.772858Z"},"version":2,"sequence":2,"actor":"stripe","reason":"deposit paid","previous":{"status":"pending_payment","deposit_status":"pending"}}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-478e-7317-aa41-ec1eb41577be', '2026-11-26 01:31:05.011081+00', '2026-11-26 01:31:05.014173+00', '2026-11-26 01:31:05.053335+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4433-7062-974b-3735139896a5', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4433-7062-974b-3735139896a5","occurred_at":"2026-11-26T01:31:04.101940Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4413-7617-89f2-80cefe99c25c","causation_id":"01a2157a-4413-7617-89f2-80cefe99c25c","booking":{"id":"01a2157a-4413-7617-89f2-80cefe99c25c","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-29T01:00:00Z","ends_at":"2026-11-29T02:00:00Z","local_start":"2026-11-29T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Confirmed","email":"confirmed@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"confirmed"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.101940Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-4413-7617-89f2-80cefe99c25c', '01a2157a-4413-7617-89f2-80cefe99c25c', '2026-11-26 01:31:04.10194+00', '2026-11-26 01:31:04.117047+00', '2026-11-26 01:31:04.205761+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4478-710e-9ea1-1916c01cd981', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4478-710e-9ea1-1916c01cd981","occurred_at":"2026-11-26T01:31:04.181477Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-446c-703b-aafc-66e49c70023a","causation_id":"01a2157a-446c-703b-aafc-66e49c70023a","booking":{"id":"01a2157a-446c-703b-aafc-66e49c70023a","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-30T01:00:00Z","ends_at":"2026-11-30T02:00:00Z","local_start":"2026-11-30T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Without Key","email":"without-key@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"without-key"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.181477Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-446c-703b-aafc-66e49c70023a', '01a2157a-446c-703b-aafc-66e49c70023a', '2026-11-26 01:31:04.181477+00', '2026-11-26 01:31:04.188839+00', '2026-11-26 01:31:04.206064+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4513-7792-bcdd-e97526ed7060', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4513-7792-bcdd-e97526ed7060","occurred_at":"2026-11-26T01:31:04.324544Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-44f9-710a-9951-85ae805dab6d","causation_id":"01a2157a-44f9-710a-9951-85ae805dab6d","booking":{"id":"01a2157a-44f9-710a-9951-85ae805dab6d","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-03T01:00:00Z","ends_at":"2026-12-03T02:00:00Z","local_start":"2026-12-03T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Cancelled","email":"cancelled@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"cancelled"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.324544Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-44f9-710a-9951-85ae805dab6d', '01a2157a-44f9-710a-9951-85ae805dab6d', '2026-11-26 01:31:04.324544+00', '2026-11-26 01:31:04.341618+00', '2026-11-26 01:31:04.417834+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-486b-72d8-8b32-d657d5aae7fd', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-486b-72d8-8b32-d657d5aae7fd","occurred_at":"2026-11-26T01:31:05.193723Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-484d-7474-bd86-1eb943f42421","causation_id":"01a2157a-484d-7474-bd86-1eb943f42421","booking":{"id":"01a2157a-484d-7474-bd86-1eb943f42421","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-06T01:00:00Z","ends_at":"2026-12-06T02:00:00Z","local_start":"2026-12-06T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Held","email":"held@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"held"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T03:31:05.193723Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:05.193723Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-484d-7474-bd86-1eb943f42421', '01a2157a-484d-7474-bd86-1eb943f42421', '2026-11-26 01:31:05.193723+00', '2026-11-26 01:31:05.196159+00', '2026-11-26 01:31:05.269984+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4492-74e9-8625-2b09beea29dc', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4492-74e9-8625-2b09beea29dc","occurred_at":"2026-11-26T01:31:04.205886Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4481-77bb-9df6-918971ff755a","causation_id":"01a2157a-4481-77bb-9df6-918971ff755a","booking":{"id":"01a2157a-4481-77bb-9df6-918971ff755a","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-28T01:00:00Z","ends_at":"2026-11-28T02:00:00Z","local_start":"2026-11-28T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"To Be Reminded","email":"to-be-reminded@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"to-be-reminded"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.205886Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-4481-77bb-9df6-918971ff755a', '01a2157a-4481-77bb-9df6-918971ff755a', '2026-11-26 01:31:04.205886+00', '2026-11-26 01:31:04.211583+00', '2026-11-26 01:31:04.309635+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-451f-7346-845c-0b10d31fb885', 'booking.cancelled.v1', 'booking.cancelled.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-451f-7346-845c-0b10d31fb885","occurred_at":"2026-11-26T01:31:04.351554Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4518-76aa-b3be-655afd10cfe3","causation_id":"01a2157a-4518-76aa-b3be-655afd10cfe3","booking":{"id":"01a2157a-44f9-710a-9951-85ae805dab6d","status":"cancelled","version":2,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-03T01:00:00Z","ends_at":"2026-12-03T02:00:00Z","local_start":"2026-12-03T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Cancelled","email":"cancelled@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"cancelled"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":"The cat tidied up","created_at":"2026-11-26T01:31:04.324544Z"},"version":2,"sequence":2,"actor":"business","reason":"The cat tidied up","previous":{"status":"confirmed"}}', '01a2157a-4518-76aa-b3be-655afd10cfe3', '01a2157a-4518-76aa-b3be-655afd10cfe3', '2026-11-26 01:31:04.351554+00', '2026-11-26 01:31:04.360413+00', '2026-11-26 01:31:04.417898+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-47d9-7557-93c3-9bdd954a2ae1', 'booking.cancelled.v1', 'booking.cancelled.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-47d9-7557-93c3-9bdd954a2ae1","occurred_at":"2026-11-26T01:31:05.049659Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","causation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","booking":{"id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","status":"cancelled","version":3,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-05T01:00:00Z","ends_at":"2026-12-05T02:00:00Z","local_start":"2026-12-05T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Refunded","email":"refunded@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"refunded"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"paid"},"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":"Illness","created_at":"2026-11-26T01:31:04.772858Z"},"version":3,"sequence":3,"actor":"business","reason":"Illness","previous":{"status":"confirmed"}}', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '2026-11-26 01:31:05.049659+00', '2026-11-26 01:31:05.053189+00', '2026-11-26 01:31:05.166339+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-44b6-710d-85d0-bebbd27881c2', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-44b6-710d-85d0-bebbd27881c2","occurred_at":"2026-11-26T01:31:04.245174Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-449f-72bd-9f73-0ab6d4c21a6e","causation_id":"01a2157a-449f-72bd-9f73-0ab6d4c21a6e","booking":{"id":"01a2157a-449f-72bd-9f73-0ab6d4c21a6e","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-01T01:00:00Z","ends_at":"2026-12-01T02:00:00Z","local_start":"2026-12-01T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Moved","email":"moved@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"moved"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.245174Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', '2026-11-26 01:31:04.245174+00', '2026-11-26 01:31:04.247685+00', '2026-11-26 01:31:04.309672+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-44e0-7197-8145-65830cfc4d88', 'booking.rescheduled.v1', 'booking.rescheduled.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-44e0-7197-8145-65830cfc4d88","occurred_at":"2026-11-26T01:31:04.288377Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-44c0-74c7-ab51-8dfbb7b583c4","causation_id":"01a2157a-44c0-74c7-ab51-8dfbb7b583c4","booking":{"id":"01a2157a-449f-72bd-9f73-0ab6d4c21a6e","status":"confirmed","version":2,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-02T01:00:00Z","ends_at":"2026-12-02T02:00:00Z","local_start":"2026-12-02T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Moved","email":"moved@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"moved"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.245174Z"},"version":2,"sequence":2,"actor":"business","reason":null,"previous":{"starts_at":"2026-12-01T01:00:00+00:00","ends_at":"2026-12-01T02:00:00+00:00","local_start":"2026-12-01T02:00:00+01:00","time_zone":"Europe/Paris","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A"}}', '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '2026-11-26 01:31:04.288377+00', '2026-11-26 01:31:04.300709+00', '2026-11-26 01:31:04.309678+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-454a-738c-a066-48607216793c', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-454a-738c-a066-48607216793c","occurred_at":"2026-11-26T01:31:04.392665Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-4534-728d-a911-b6398cfea15a","booking":{"id":"01a2157a-4534-728d-a911-b6398cfea15a","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-04T01:00:00Z","ends_at":"2026-12-04T02:00:00Z","local_start":"2026-12-04T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Paid","email":"paid@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"paid"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T03:31:04.392665Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.392665Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-4534-728d-a911-b6398cfea15a', '2026-11-26 01:31:04.392665+00', '2026-11-26 01:31:04.395317+00', '2026-11-26 01:31:04.534273+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-466d-77e4-9d61-70e909a695d2', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-466d-77e4-9d61-70e909a695d2","occurred_at":"2026-11-26T01:31:04.685755Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-462f-7560-aac6-c3776da75eea","booking":{"id":"01a2157a-4534-728d-a911-b6398cfea15a","status":"confirmed","version":2,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-04T01:00:00Z","ends_at":"2026-12-04T02:00:00Z","local_start":"2026-12-04T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Paid","email":"paid@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"paid"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"paid"},"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.392665Z"},"version":2,"sequence":2,"actor":"stripe","reason":"deposit paid","previous":{"status":"pending_payment","deposit_status":"pending"}}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-462f-7560-aac6-c3776da75eea', '2026-11-26 01:31:04.685755+00', '2026-11-26 01:31:04.688955+00', '2026-11-26 01:31:04.741139+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-54e2-7493-9983-15431f4791d0', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-54e2-7493-9983-15431f4791d0","occurred_at":"2026-11-26T01:31:08.370580Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-54ac-7789-b694-6019350fda14","causation_id":"01a2157a-54ac-7789-b694-6019350fda14","booking":{"id":"01a2157a-54ac-7789-b694-6019350fda14","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-07T01:00:00Z","ends_at":"2026-12-07T02:00:00Z","local_start":"2026-12-07T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Expired","email":"expired@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"expired"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T01:32:08.370580Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:08.370580Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a2157a-54ac-7789-b694-6019350fda14', '01a2157a-54ac-7789-b694-6019350fda14', '2026-11-26 01:31:08.37058+00', '2026-11-26 01:31:08.389409+00', '2026-11-26 01:31:08.483328+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157b-4170-75c0-8587-39a249791817', 'booking.expired.v1', 'booking.expired.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157b-4170-75c0-8587-39a249791817","occurred_at":"2026-11-26T01:32:08.944610Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157b-4170-75c0-8587-39a249791817","causation_id":null,"booking":{"id":"01a2157a-54ac-7789-b694-6019350fda14","status":"expired","version":2,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-07T01:00:00Z","ends_at":"2026-12-07T02:00:00Z","local_start":"2026-12-07T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Expired","email":"expired@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"expired"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T01:32:08.370580Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:08.370580Z"},"version":2,"sequence":2,"actor":"system","reason":"deposit not paid in time","previous":{"status":"pending_payment"}}', '01a2157b-4170-75c0-8587-39a249791817', NULL, '2026-11-26 01:32:08.94461+00', '2026-11-26 01:32:08.964586+00', '2026-11-26 01:32:09.07187+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-bb56-7290-9ddc-478e4ed7cc82', 'booking.completed.v1', 'booking.completed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-bb56-7290-9ddc-478e4ed7cc82","occurred_at":"2026-11-26T01:38:07.830615Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-bb56-7290-9ddc-478e4ed7cc82","causation_id":null,"booking":{"id":"01a2157a-43d6-776f-abc3-6cab14dee82c","status":"completed","version":2,"service_id":"01a2157a-433f-70f7-8a70-020aa3be6fa4","service_name":"Five minutes","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-26T01:33:00Z","ends_at":"2026-11-26T01:38:00Z","local_start":"2026-11-26T02:33:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Completed","email":"completed@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"completed"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:31:04.031032Z"},"version":2,"sequence":2,"actor":"system","reason":null,"previous":{"status":"confirmed"}}', '01a21580-bb56-7290-9ddc-478e4ed7cc82', NULL, '2026-11-26 01:38:07.830615+00', '2026-11-26 01:38:07.842621+00', '2026-11-26 01:38:07.877772+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-bc43-706c-879d-5818b2692031', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-bc43-706c-879d-5818b2692031","occurred_at":"2026-11-26T01:38:08.053525Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-bc23-727f-8e80-e7bfc580ca01","causation_id":"01a21580-bc23-727f-8e80-e7bfc580ca01","booking":{"id":"01a21580-bc23-727f-8e80-e7bfc580ca01","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-08T01:00:00Z","ends_at":"2026-12-08T02:00:00Z","local_start":"2026-12-08T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Mail Waits","email":"mail-waits@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"mail-waits"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:38:08.053525Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a21580-bc23-727f-8e80-e7bfc580ca01', '01a21580-bc23-727f-8e80-e7bfc580ca01', '2026-11-26 01:38:08.053525+00', '2026-11-26 01:38:08.069042+00', '2026-11-26 01:38:08.087562+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-bd0c-748f-a53b-24dcfc433ad8', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-bd0c-748f-a53b-24dcfc433ad8","occurred_at":"2026-11-26T01:38:08.257209Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-bcf5-77ec-b886-a2cc08229653","causation_id":"01a21580-bcf5-77ec-b886-a2cc08229653","booking":{"id":"01a21580-bcf5-77ec-b886-a2cc08229653","status":"confirmed","version":1,"service_id":"01a2157a-433f-70f7-8a70-020aa3be6fa4","service_name":"Five minutes","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-11-26T01:39:00Z","ends_at":"2026-11-26T01:44:00Z","local_start":"2026-11-26T02:39:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Over Soon","email":"over-soon@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"over-soon"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:38:08.257209Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a21580-bcf5-77ec-b886-a2cc08229653', '01a21580-bcf5-77ec-b886-a2cc08229653', '2026-11-26 01:38:08.257209+00', '2026-11-26 01:38:08.269615+00', '2026-11-26 01:38:08.289071+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-bd1f-7706-b3a7-299f040c7880', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-bd1f-7706-b3a7-299f040c7880","occurred_at":"2026-11-26T01:38:08.282123Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-bd12-76ec-a053-f8a3020f549d","causation_id":"01a21580-bd12-76ec-a053-f8a3020f549d","booking":{"id":"01a21580-bd12-76ec-a053-f8a3020f549d","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-09T01:00:00Z","ends_at":"2026-12-09T02:00:00Z","local_start":"2026-12-09T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Unpaid","email":"unpaid@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"unpaid"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T01:39:08.282123Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:38:08.282123Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a21580-bd12-76ec-a053-f8a3020f549d', '01a21580-bd12-76ec-a053-f8a3020f549d', '2026-11-26 01:38:08.282123+00', '2026-11-26 01:38:08.289055+00', '2026-11-26 01:38:08.407243+00');
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-cb56-7674-a77f-d436068a9655', 'booking.confirmed.v1', 'booking.confirmed.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-cb56-7674-a77f-d436068a9655","occurred_at":"2026-11-26T01:38:11.917572Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-cb32-7159-951b-aaae33d57b20","causation_id":"01a21580-cb32-7159-951b-aaae33d57b20","booking":{"id":"01a21580-cb32-7159-951b-aaae33d57b20","status":"confirmed","version":1,"service_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","service_name":"Cleaning","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-10T01:00:00Z","ends_at":"2026-12-10T02:00:00Z","local_start":"2026-12-10T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Published Not Marked","email":"published-not-marked@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"published-not-marked"},"price":{"amount":9000,"currency":"eur"},"deposit":null,"hold_expires_at":null,"business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:38:11.917572Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a21580-cb32-7159-951b-aaae33d57b20', '01a21580-cb32-7159-951b-aaae33d57b20', '2026-11-26 01:38:11.917572+00', '2026-11-26 01:38:11.92827+00', NULL);
INSERT INTO booking.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a21580-d109-728e-80ac-2b6a95a2be51', 'booking.held.v1', 'booking.held.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a21580-d109-728e-80ac-2b6a95a2be51","occurred_at":"2026-11-26T01:38:13.381353Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a21580-d0f0-7602-8ea3-12c94903efb0","causation_id":"01a21580-d0f0-7602-8ea3-12c94903efb0","booking":{"id":"01a21580-d0f0-7602-8ea3-12c94903efb0","status":"pending_payment","version":1,"service_id":"01a2157a-4324-758d-943b-fc1761f28e67","service_name":"Deep clean","resource_id":"01a2157a-4366-7291-97ec-4b33d73ee3c7","resource_name":"Team A","starts_at":"2026-12-11T01:00:00Z","ends_at":"2026-12-11T02:00:00Z","local_start":"2026-12-11T02:00:00+01:00","time_zone":"Europe/Paris","customer":{"name":"Not Published","email":"not-published@customer.example","phone":null},"notes":"The key is under the mat.","metadata":{"story":"not-published"},"price":{"amount":9000,"currency":"eur"},"deposit":{"amount":2700,"currency":"eur","status":"pending"},"hold_expires_at":"2026-11-26T03:38:13.381353Z","business_name":"Tenant 1170959a","cancellation_reason":null,"created_at":"2026-11-26T01:38:13.381353Z"},"version":1,"sequence":1,"actor":"business","reason":null,"previous":null}', '01a21580-d0f0-7602-8ea3-12c94903efb0', '01a21580-d0f0-7602-8ea3-12c94903efb0', '2026-11-26 01:38:13.381353+00', '2026-11-26 01:38:13.386273+00', NULL);


--
-- Data for Name: requests; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'request.booking.create_service.v1', '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'key of plain service', '888871186a409c9474052c7050295cdd432edb89232d5ef9c6217545dc09b6ba', '{"request_id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","status":201,"result":{"id":"01a2157a-42e2-73fc-b8e5-179cc9cb88c9","name":"Cleaning","duration_minutes":60,"price":{"amount":9000,"currency":"eur"},"buffer_before_minutes":0,"buffer_after_minutes":0,"deposit_percent":0,"minimum_notice_minutes":0,"horizon_days":90,"slot_step_minutes":30,"created_at":"2026-11-26T01:31:03.820583Z"},"refusal":null,"replayed":false}', '2026-11-26 01:31:03.816977+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4324-758d-943b-fc1761f28e67', 'request.booking.create_service.v1', '01a2157a-4324-758d-943b-fc1761f28e67', NULL, NULL, NULL, '2026-11-26 01:31:03.856535+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-433f-70f7-8a70-020aa3be6fa4', 'request.booking.create_service.v1', '01a2157a-433f-70f7-8a70-020aa3be6fa4', NULL, NULL, NULL, '2026-11-26 01:31:03.88748+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'request.booking.create_resource.v1', '01a2157a-4366-7291-97ec-4b33d73ee3c7', NULL, NULL, NULL, '2026-11-26 01:31:03.929981+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-439a-7276-91cb-dc28a761fcf6', 'request.booking.create_service.v1', '01a2157a-439a-7276-91cb-dc28a761fcf6', NULL, NULL, NULL, '2026-11-26 01:31:03.985627+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-43c0-709b-a3e6-a1c4b2946af0', 'request.booking.create_resource.v1', '01a2157a-43c0-709b-a3e6-a1c4b2946af0', NULL, NULL, NULL, '2026-11-26 01:31:04.004838+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-43d6-776f-abc3-6cab14dee82c', 'request.booking.create_booking.v1', '01a2157a-43d6-776f-abc3-6cab14dee82c', NULL, NULL, NULL, '2026-11-26 01:31:04.02879+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 'request.booking.create_booking.v1', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', NULL, NULL, NULL, '2026-11-26 01:31:04.059178+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4413-7617-89f2-80cefe99c25c', 'request.booking.create_booking.v1', '01a2157a-4413-7617-89f2-80cefe99c25c', 'key of confirmed', 'afb0de565b79f4672daefc3631b7df6ccbaa2cfee565496f3f80958b2fca83fa', NULL, '2026-11-26 01:31:04.100447+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-443d-7590-8cc7-52e74119642f', 'request.booking.create_booking.v1', '01a2157a-443d-7590-8cc7-52e74119642f', 'key of refused', 'd2a67f43b67f8390f6161679f46dc085b99a07b83545118e9f731d8ce958fe87', '{"request_id":"01a2157a-443d-7590-8cc7-52e74119642f","status":409,"result":null,"refusal":{"code":"slot_taken","status":409,"title":"Slot taken","detail":"this slot is not free any more","extra":{"alternatives":[{"starts_at":"2026-11-29T02:00:00Z","ends_at":"2026-11-29T03:00:00Z","local_start":"2026-11-29T03:00:00+01:00","time_zone":"Europe/Paris","resource_ids":["01a2157a-4366-7291-97ec-4b33d73ee3c7"]},{"starts_at":"2026-11-29T02:30:00Z","ends_at":"2026-11-29T03:30:00Z","local_start":"2026-11-29T03:30:00+01:00","time_zone":"Europe/Paris","resource_ids":["01a2157a-4366-7291-97ec-4b33d73ee3c7"]},{"starts_at":"2026-11-29T03:00:00Z","ends_at":"2026-11-29T04:00:00Z","local_start":"2026-11-29T04:00:00+01:00","time_zone":"Europe/Paris","resource_ids":["01a2157a-4366-7291-97ec-4b33d73ee3c7"]}]}},"replayed":false}', '2026-11-26 01:31:04.128446+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-446c-703b-aafc-66e49c70023a', 'request.booking.create_booking.v1', '01a2157a-446c-703b-aafc-66e49c70023a', NULL, NULL, NULL, '2026-11-26 01:31:04.179116+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4481-77bb-9df6-918971ff755a', 'request.booking.create_booking.v1', '01a2157a-4481-77bb-9df6-918971ff755a', NULL, NULL, NULL, '2026-11-26 01:31:04.20496+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'request.booking.create_booking.v1', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', NULL, NULL, NULL, '2026-11-26 01:31:04.234934+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', 'request.booking.reschedule_booking.v1', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'key of moved', '521112413f3fbbab48b2a5a10a1e6c526fcac6283c8f678e89eef35a468b84e5', NULL, '2026-11-26 01:31:04.260921+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-44f9-710a-9951-85ae805dab6d', 'request.booking.create_booking.v1', '01a2157a-44f9-710a-9951-85ae805dab6d', NULL, NULL, NULL, '2026-11-26 01:31:04.317932+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4518-76aa-b3be-655afd10cfe3', 'request.booking.cancel_booking.v1', '01a2157a-44f9-710a-9951-85ae805dab6d', 'key of cancelled', 'bb39d032d3969ce595af469fabc1b49d6af3eca30ce078c7c08b8020afeb02a0', NULL, '2026-11-26 01:31:04.347953+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4534-728d-a911-b6398cfea15a', 'request.booking.create_booking.v1', '01a2157a-4534-728d-a911-b6398cfea15a', 'key of paid', 'ae0b1726059a892fec4b2e1e686d08beee3b0b7bae3497d2363d01c816b3db8b', NULL, '2026-11-26 01:31:04.388717+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'request.booking.create_booking.v1', '01a2157a-46b6-7296-a8e2-dfa7994fe294', NULL, NULL, NULL, '2026-11-26 01:31:04.769998+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', 'request.booking.cancel_booking.v1', '01a2157a-46b6-7296-a8e2-dfa7994fe294', NULL, NULL, NULL, '2026-11-26 01:31:05.044792+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-484d-7474-bd86-1eb943f42421', 'request.booking.create_booking.v1', '01a2157a-484d-7474-bd86-1eb943f42421', NULL, NULL, NULL, '2026-11-26 01:31:05.190066+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-54ac-7789-b694-6019350fda14', 'request.booking.create_booking.v1', '01a2157a-54ac-7789-b694-6019350fda14', NULL, NULL, NULL, '2026-11-26 01:31:08.36531+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bc23-727f-8e80-e7bfc580ca01', 'request.booking.create_booking.v1', '01a21580-bc23-727f-8e80-e7bfc580ca01', NULL, NULL, NULL, '2026-11-26 01:38:08.049027+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcf5-77ec-b886-a2cc08229653', 'request.booking.create_booking.v1', '01a21580-bcf5-77ec-b886-a2cc08229653', NULL, NULL, NULL, '2026-11-26 01:38:08.254927+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd12-76ec-a053-f8a3020f549d', 'request.booking.create_booking.v1', '01a21580-bd12-76ec-a053-f8a3020f549d', NULL, NULL, NULL, '2026-11-26 01:38:08.280078+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cb32-7159-951b-aaae33d57b20', 'request.booking.create_booking.v1', '01a21580-cb32-7159-951b-aaae33d57b20', 'key of published-not-marked', 'd15a5756541f37a07acfb36dd0132dc26bfed31eb266e6e08221551dec90afb0', NULL, '2026-11-26 01:38:11.913111+00');
INSERT INTO booking.requests (tenant_id, id, type, subject_id, idempotency_key, fingerprint, outcome, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-d0f0-7602-8ea3-12c94903efb0', 'request.booking.create_booking.v1', '01a21580-d0f0-7602-8ea3-12c94903efb0', 'key of not-published', '172a5511b570ee3202ef7c019a79c613836fb6478ff8fa019570a8f828ec5441', NULL, '2026-11-26 01:38:13.379952+00');


--
-- Data for Name: resource_services; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.resource_services (tenant_id, service_id, resource_id) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', '01a2157a-4366-7291-97ec-4b33d73ee3c7');
INSERT INTO booking.resource_services (tenant_id, service_id, resource_id) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4324-758d-943b-fc1761f28e67', '01a2157a-4366-7291-97ec-4b33d73ee3c7');
INSERT INTO booking.resource_services (tenant_id, service_id, resource_id) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-433f-70f7-8a70-020aa3be6fa4', '01a2157a-4366-7291-97ec-4b33d73ee3c7');
INSERT INTO booking.resource_services (tenant_id, service_id, resource_id) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-439a-7276-91cb-dc28a761fcf6', '01a2157a-43c0-709b-a3e6-a1c4b2946af0');


--
-- Data for Name: resources; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.resources (tenant_id, id, name, time_zone, weekly_hours, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4366-7291-97ec-4b33d73ee3c7', 'Team A', 'Europe/Paris', '[{"opens": "00:00", "closes": "24:00", "weekday": 0}, {"opens": "00:00", "closes": "24:00", "weekday": 1}, {"opens": "00:00", "closes": "24:00", "weekday": 2}, {"opens": "00:00", "closes": "24:00", "weekday": 3}, {"opens": "00:00", "closes": "24:00", "weekday": 4}, {"opens": "00:00", "closes": "24:00", "weekday": 5}, {"opens": "00:00", "closes": "24:00", "weekday": 6}]', '2026-11-26 01:31:03.941226+00');
INSERT INTO booking.resources (tenant_id, id, name, time_zone, weekly_hours, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-43c0-709b-a3e6-a1c4b2946af0', 'Another firm''s team', 'Europe/Paris', '[{"opens": "00:00", "closes": "24:00", "weekday": 0}, {"opens": "00:00", "closes": "24:00", "weekday": 1}, {"opens": "00:00", "closes": "24:00", "weekday": 2}, {"opens": "00:00", "closes": "24:00", "weekday": 3}, {"opens": "00:00", "closes": "24:00", "weekday": 4}, {"opens": "00:00", "closes": "24:00", "weekday": 5}, {"opens": "00:00", "closes": "24:00", "weekday": 6}]', '2026-11-26 01:31:04.008789+00');


--
-- Data for Name: services; Type: TABLE DATA; Schema: booking; Owner: booking_owner
--

INSERT INTO booking.services (tenant_id, id, name, duration_minutes, price_amount, price_currency, buffer_before_minutes, buffer_after_minutes, deposit_percent, minimum_notice_minutes, horizon_days, slot_step_minutes, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-42e2-73fc-b8e5-179cc9cb88c9', 'Cleaning', 60, 9000, 'eur', 0, 0, 0, 0, 90, 30, '2026-11-26 01:31:03.820583+00');
INSERT INTO booking.services (tenant_id, id, name, duration_minutes, price_amount, price_currency, buffer_before_minutes, buffer_after_minutes, deposit_percent, minimum_notice_minutes, horizon_days, slot_step_minutes, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4324-758d-943b-fc1761f28e67', 'Deep clean', 60, 9000, 'eur', 0, 0, 30, 0, 90, 30, '2026-11-26 01:31:03.857047+00');
INSERT INTO booking.services (tenant_id, id, name, duration_minutes, price_amount, price_currency, buffer_before_minutes, buffer_after_minutes, deposit_percent, minimum_notice_minutes, horizon_days, slot_step_minutes, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-433f-70f7-8a70-020aa3be6fa4', 'Five minutes', 5, 9000, 'eur', 0, 0, 0, 0, 90, 5, '2026-11-26 01:31:03.88813+00');
INSERT INTO booking.services (tenant_id, id, name, duration_minutes, price_amount, price_currency, buffer_before_minutes, buffer_after_minutes, deposit_percent, minimum_notice_minutes, horizon_days, slot_step_minutes, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-439a-7276-91cb-dc28a761fcf6', 'Standard cleaning', 60, 9000, 'eur', 0, 0, 0, 0, 90, 30, '2026-11-26 01:31:03.986327+00');


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: gateway; Owner: gateway_owner
--

INSERT INTO gateway.alembic_version (version_num) VALUES ('0002_audit_log');


--
-- Data for Name: api_keys; Type: TABLE DATA; Schema: gateway; Owner: gateway_owner
--

INSERT INTO gateway.api_keys (id, tenant_id, name, secret_sha256, scopes, created_at, expires_at, revoked_at, last_used_at) VALUES ('JW7dcW3K0avrziJB', '01a2157a-42d2-736b-af5d-ea9b0a1be744', 'tests', '\xacce694d93b53f0cc5d68f9d0f625876b370eedfe44ef6161b99022191eec4b8', '{bookings:read,bookings:write,catalogue:read,catalogue:write,payments:read}', '2026-11-26 01:31:03.770736+00', NULL, NULL, '2026-11-26 01:31:32.346746+00');
INSERT INTO gateway.api_keys (id, tenant_id, name, secret_sha256, scopes, created_at, expires_at, revoked_at, last_used_at) VALUES ('Qp2VXKceQEl4p5Ii', '01a2157a-428b-7530-8cb8-72ace90e5836', 'tests', '\x35c02842e6b955610200c356771a2b571b764cf50f0b3f9f8415556d4c25d065', '{bookings:read,bookings:write,catalogue:read,catalogue:write,payments:read}', '2026-11-26 01:31:03.73466+00', NULL, NULL, '2026-11-26 01:38:02.489357+00');


--
-- Data for Name: audit_log; Type: TABLE DATA; Schema: gateway; Owner: gateway_owner
--



--
-- Data for Name: tenants; Type: TABLE DATA; Schema: gateway; Owner: gateway_owner
--

INSERT INTO gateway.tenants (id, name, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', 'Tenant 1170959a', '2026-11-26 01:31:03.696662+00');
INSERT INTO gateway.tenants (id, name, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', 'Tenant e97e7772', '2026-11-26 01:31:03.762805+00');


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.alembic_version (version_num) VALUES ('0001_messages_and_heartbeats');


--
-- Data for Name: bookings; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4413-7617-89f2-80cefe99c25c', 1, 1, 'confirmed', '{"id": "01a2157a-4413-7617-89f2-80cefe99c25c", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-29T02:00:00Z", "version": 1, "customer": {"name": "Confirmed", "email": "confirmed@customer.example", "phone": null}, "metadata": {"story": "confirmed"}, "starts_at": "2026-11-29T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.101940Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-29T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.188696+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 1, 1, 'confirmed', '{"id": "01a2157a-43f7-7021-8b94-d7cf0117a0a5", "notes": null, "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-29T02:00:00Z", "version": 1, "customer": {"name": "Ada", "email": "of-another-tenant@customer.example", "phone": null}, "metadata": {}, "starts_at": "2026-11-29T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.060625Z", "service_id": "01a2157a-439a-7276-91cb-dc28a761fcf6", "local_start": "2026-11-29T02:00:00+01:00", "resource_id": "01a2157a-43c0-709b-a3e6-a1c4b2946af0", "service_name": "Standard cleaning", "business_name": "Tenant e97e7772", "resource_name": "Another firm''s team", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.188709+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-446c-703b-aafc-66e49c70023a', 1, 1, 'confirmed', '{"id": "01a2157a-446c-703b-aafc-66e49c70023a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-30T02:00:00Z", "version": 1, "customer": {"name": "Without Key", "email": "without-key@customer.example", "phone": null}, "metadata": {"story": "without-key"}, "starts_at": "2026-11-30T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.181477Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-30T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.32267+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4481-77bb-9df6-918971ff755a', 1, 1, 'confirmed', '{"id": "01a2157a-4481-77bb-9df6-918971ff755a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-28T02:00:00Z", "version": 1, "customer": {"name": "To Be Reminded", "email": "to-be-reminded@customer.example", "phone": null}, "metadata": {"story": "to-be-reminded"}, "starts_at": "2026-11-28T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.205886Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-28T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.322737+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 2, 2, 'confirmed', '{"id": "01a2157a-449f-72bd-9f73-0ab6d4c21a6e", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-02T02:00:00Z", "version": 2, "customer": {"name": "Moved", "email": "moved@customer.example", "phone": null}, "metadata": {"story": "moved"}, "starts_at": "2026-12-02T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.245174Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-02T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.322747+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-44f9-710a-9951-85ae805dab6d', 2, 2, 'cancelled', '{"id": "01a2157a-44f9-710a-9951-85ae805dab6d", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "cancelled", "deposit": null, "ends_at": "2026-12-03T02:00:00Z", "version": 2, "customer": {"name": "Cancelled", "email": "cancelled@customer.example", "phone": null}, "metadata": {"story": "cancelled"}, "starts_at": "2026-12-03T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.324544Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-03T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": "The cat tidied up"}', '2026-11-26 01:31:04.455138+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-43d6-776f-abc3-6cab14dee82c', 2, 2, 'completed', '{"id": "01a2157a-43d6-776f-abc3-6cab14dee82c", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "completed", "deposit": null, "ends_at": "2026-11-26T01:38:00Z", "version": 2, "customer": {"name": "Completed", "email": "completed@customer.example", "phone": null}, "metadata": {"story": "completed"}, "starts_at": "2026-11-26T01:33:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.031032Z", "service_id": "01a2157a-433f-70f7-8a70-020aa3be6fa4", "local_start": "2026-11-26T02:33:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Five minutes", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:38:07.953278+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4534-728d-a911-b6398cfea15a', 2, 2, 'confirmed', '{"id": "01a2157a-4534-728d-a911-b6398cfea15a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-04T02:00:00Z", "version": 2, "customer": {"name": "Paid", "email": "paid@customer.example", "phone": null}, "metadata": {"story": "paid"}, "starts_at": "2026-12-04T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.392665Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-04T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:31:04.839662+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 3, 3, 'cancelled', '{"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "cancelled", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 3, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": "Illness"}', '2026-11-26 01:31:05.139015+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-484d-7474-bd86-1eb943f42421', 1, 1, 'pending_payment', '{"id": "01a2157a-484d-7474-bd86-1eb943f42421", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-06T02:00:00Z", "version": 1, "customer": {"name": "Held", "email": "held@customer.example", "phone": null}, "metadata": {"story": "held"}, "starts_at": "2026-12-06T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:05.193723Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-06T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:05.193723Z", "cancellation_reason": null}', '2026-11-26 01:31:05.325048+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-54ac-7789-b694-6019350fda14', 2, 2, 'expired', '{"id": "01a2157a-54ac-7789-b694-6019350fda14", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "expired", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-07T02:00:00Z", "version": 2, "customer": {"name": "Expired", "email": "expired@customer.example", "phone": null}, "metadata": {"story": "expired"}, "starts_at": "2026-12-07T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:08.370580Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-07T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T01:32:08.370580Z", "cancellation_reason": null}', '2026-11-26 01:32:09.073552+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bc23-727f-8e80-e7bfc580ca01', 1, 1, 'confirmed', '{"id": "01a21580-bc23-727f-8e80-e7bfc580ca01", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-08T02:00:00Z", "version": 1, "customer": {"name": "Mail Waits", "email": "mail-waits@customer.example", "phone": null}, "metadata": {"story": "mail-waits"}, "starts_at": "2026-12-08T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.053525Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-08T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:38:08.185271+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcf5-77ec-b886-a2cc08229653', 1, 1, 'confirmed', '{"id": "01a21580-bcf5-77ec-b886-a2cc08229653", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-26T01:44:00Z", "version": 1, "customer": {"name": "Over Soon", "email": "over-soon@customer.example", "phone": null}, "metadata": {"story": "over-soon"}, "starts_at": "2026-11-26T01:39:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.257209Z", "service_id": "01a2157a-433f-70f7-8a70-020aa3be6fa4", "local_start": "2026-11-26T02:39:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Five minutes", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:38:08.37567+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cb32-7159-951b-aaae33d57b20', 1, 1, 'confirmed', '{"id": "01a21580-cb32-7159-951b-aaae33d57b20", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-10T02:00:00Z", "version": 1, "customer": {"name": "Published Not Marked", "email": "published-not-marked@customer.example", "phone": null}, "metadata": {"story": "published-not-marked"}, "starts_at": "2026-12-10T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:11.917572Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-10T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}', '2026-11-26 01:38:12.040744+00');
INSERT INTO notifier.bookings (tenant_id, booking_id, version, sequence, status, snapshot, updated_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd12-76ec-a053-f8a3020f549d', 1, 1, 'pending_payment', '{"id": "01a21580-bd12-76ec-a053-f8a3020f549d", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-09T02:00:00Z", "version": 1, "customer": {"name": "Unpaid", "email": "unpaid@customer.example", "phone": null}, "metadata": {"story": "unpaid"}, "starts_at": "2026-12-09T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.282123Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-09T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T01:39:08.282123Z", "cancellation_reason": null}', '2026-11-26 01:38:08.37575+00');


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-43ee-74e6-ad20-a6e2870b488a', '2026-11-26 01:31:04.170221+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-4409-74d0-af5c-0b1df604688e', '2026-11-26 01:31:04.170444+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-4433-7062-974b-3735139896a5', '2026-11-26 01:31:04.170488+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-4478-710e-9ea1-1916c01cd981', '2026-11-26 01:31:04.316839+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-4492-74e9-8625-2b09beea29dc', '2026-11-26 01:31:04.316882+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-44b6-710d-85d0-bebbd27881c2', '2026-11-26 01:31:04.316886+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-44e0-7197-8145-65830cfc4d88', '2026-11-26 01:31:04.316889+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-4513-7792-bcdd-e97526ed7060', '2026-11-26 01:31:04.452539+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-451f-7346-845c-0b10d31fb885', '2026-11-26 01:31:04.452597+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-454a-738c-a066-48607216793c', '2026-11-26 01:31:04.452602+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-billing-mail', '01a2157a-462f-7560-aac6-c3776da75eea', '2026-11-26 01:31:04.785495+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-466d-77e4-9d61-70e909a695d2', '2026-11-26 01:31:04.808587+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-46c8-777b-8f9b-7e0bd4e0b302', '2026-11-26 01:31:04.808661+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-billing-mail', '01a2157a-478e-7317-aa41-ec1eb41577be', '2026-11-26 01:31:05.105224+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-47b3-73ba-925e-115666e9f86b', '2026-11-26 01:31:05.124898+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.124953+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-billing-mail', '01a2157a-4813-704b-b1fa-c35467400ee0', '2026-11-26 01:31:05.228655+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-486b-72d8-8b32-d657d5aae7fd', '2026-11-26 01:31:05.324372+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157a-54e2-7493-9983-15431f4791d0', '2026-11-26 01:31:08.50074+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a2157b-4170-75c0-8587-39a249791817', '2026-11-26 01:32:09.072835+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a21580-bb56-7290-9ddc-478e4ed7cc82', '2026-11-26 01:38:07.952149+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a21580-bc43-706c-879d-5818b2692031', '2026-11-26 01:38:08.182409+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a21580-bd0c-748f-a53b-24dcfc433ad8', '2026-11-26 01:38:08.374418+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a21580-bd1f-7706-b3a7-299f040c7880', '2026-11-26 01:38:08.374516+00');
INSERT INTO notifier.inbox (consumer, message_id, handled_at) VALUES ('notifier-queue-booking-mail', '01a21580-cb56-7674-a77f-d436068a9655', '2026-11-26 01:38:12.037971+00');


--
-- Data for Name: job_heartbeats; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.job_heartbeats (name, instance, beat_at, last_success_at, details) VALUES ('jobs-runner', 'vm-31680-7b56d4', '2026-11-26 01:38:11.043915+00', '2026-11-26 01:38:05.958293+00', '{"interval_seconds": 5}');


--
-- Data for Name: messages; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-447d-72ac-8d34-da1dfcbf1e4c', '01a2157a-4413-7617-89f2-80cefe99c25c', 'reminder', 1, 1440, 'confirmed@customer.example', 'planned', '2026-11-27 19:59:00+00', '2026-11-27 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-447d-72ac-8d34-da1dfcbf1e4c@tidebook.example>', NULL, '01a2157a-4413-7617-89f2-80cefe99c25c', '01a2157a-4433-7062-974b-3735139896a5', '2026-11-26 01:31:04.207461+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-447d-72ac-8d34-da1ef6166636', '01a2157a-4413-7617-89f2-80cefe99c25c', 'reminder', 1, 120, 'confirmed@customer.example', 'planned', '2026-11-28 19:59:00+00', '2026-11-28 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-447d-72ac-8d34-da1ef6166636@tidebook.example>', NULL, '01a2157a-4413-7617-89f2-80cefe99c25c', '01a2157a-4433-7062-974b-3735139896a5', '2026-11-26 01:31:04.207466+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-447d-72ac-8d34-da2088493e2f', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 'reminder', 1, 1440, 'of-another-tenant@customer.example', 'planned', '2026-11-27 19:59:00+00', '2026-11-27 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-447d-72ac-8d34-da2088493e2f@tidebook.example>', NULL, '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '01a2157a-4409-74d0-af5c-0b1df604688e', '2026-11-26 01:31:04.207484+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-447d-72ac-8d34-da2168bf1a59', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 'reminder', 1, 120, 'of-another-tenant@customer.example', 'planned', '2026-11-28 19:59:00+00', '2026-11-28 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-447d-72ac-8d34-da2168bf1a59@tidebook.example>', NULL, '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '01a2157a-4409-74d0-af5c-0b1df604688e', '2026-11-26 01:31:04.207488+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-447d-72ac-8d34-da1a1db5d566', '01a2157a-43d6-776f-abc3-6cab14dee82c', 'confirmed', 1, 0, 'completed@customer.example', 'sent', '2026-11-26 01:31:04.153841+00', '2026-11-26 01:31:04.292183+00', 1, 0, '2026-11-26 01:31:04.213599+00', '2026-11-26 01:31:04.292183+00', '{"amount": null, "booking": {"id": "01a2157a-43d6-776f-abc3-6cab14dee82c", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-26T01:38:00Z", "version": 1, "customer": {"name": "Completed", "email": "completed@customer.example", "phone": null}, "metadata": {"story": "completed"}, "starts_at": "2026-11-26T01:33:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.031032Z", "service_id": "01a2157a-433f-70f7-8a70-020aa3be6fa4", "local_start": "2026-11-26T02:33:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Five minutes", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.031032Z", "refund_reason": null}', '<01a2157a-447d-72ac-8d34-da1a1db5d566@tidebook.example>', NULL, '01a2157a-43d6-776f-abc3-6cab14dee82c', '01a2157a-43ee-74e6-ad20-a6e2870b488a', '2026-11-26 01:31:04.207208+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-447d-72ac-8d34-da1c1e6a247c', '01a2157a-4413-7617-89f2-80cefe99c25c', 'confirmed', 1, 0, 'confirmed@customer.example', 'sent', '2026-11-26 01:31:04.153841+00', '2026-11-26 01:31:04.307278+00', 1, 0, '2026-11-26 01:31:04.213728+00', '2026-11-26 01:31:04.307278+00', '{"amount": null, "booking": {"id": "01a2157a-4413-7617-89f2-80cefe99c25c", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-29T02:00:00Z", "version": 1, "customer": {"name": "Confirmed", "email": "confirmed@customer.example", "phone": null}, "metadata": {"story": "confirmed"}, "starts_at": "2026-11-29T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.101940Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-29T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.101940Z", "refund_reason": null}', '<01a2157a-447d-72ac-8d34-da1c1e6a247c@tidebook.example>', NULL, '01a2157a-4413-7617-89f2-80cefe99c25c', '01a2157a-4433-7062-974b-3735139896a5', '2026-11-26 01:31:04.207448+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4588-71a4-9fd3-1205c393df7c', '01a2157a-44f9-710a-9951-85ae805dab6d', 'reminder', 1, 1440, 'cancelled@customer.example', 'planned', '2026-12-01 19:59:00+00', '2026-12-01 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4588-71a4-9fd3-1205c393df7c@tidebook.example>', NULL, '01a2157a-44f9-710a-9951-85ae805dab6d', '01a2157a-4513-7792-bcdd-e97526ed7060', '2026-11-26 01:31:04.461867+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-447d-72ac-8d34-da1b30669204', '01a2157a-43d6-776f-abc3-6cab14dee82c', 'reminder', 1, 120, 'completed@customer.example', 'sent', '2026-11-26 01:31:04.031032+00', '2026-11-26 01:31:07.400068+00', 1, 0, '2026-11-26 01:31:07.332115+00', '2026-11-26 01:31:07.400069+00', NULL, '<01a2157a-447d-72ac-8d34-da1b30669204@tidebook.example>', NULL, '01a2157a-43d6-776f-abc3-6cab14dee82c', '01a2157a-43ee-74e6-ad20-a6e2870b488a', '2026-11-26 01:31:04.207409+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-42d2-736b-af5d-ea9b0a1be744', '01a2157a-447d-72ac-8d34-da1f6ff7b010', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', 'confirmed', 1, 0, 'of-another-tenant@customer.example', 'sent', '2026-11-26 01:31:04.153841+00', '2026-11-26 01:31:04.325495+00', 1, 0, '2026-11-26 01:31:04.213744+00', '2026-11-26 01:31:04.325495+00', '{"amount": null, "booking": {"id": "01a2157a-43f7-7021-8b94-d7cf0117a0a5", "notes": null, "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-29T02:00:00Z", "version": 1, "customer": {"name": "Ada", "email": "of-another-tenant@customer.example", "phone": null}, "metadata": {}, "starts_at": "2026-11-29T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.060625Z", "service_id": "01a2157a-439a-7276-91cb-dc28a761fcf6", "local_start": "2026-11-29T02:00:00+01:00", "resource_id": "01a2157a-43c0-709b-a3e6-a1c4b2946af0", "service_name": "Standard cleaning", "business_name": "Tenant e97e7772", "resource_name": "Another firm''s team", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.060625Z", "refund_reason": null}', '<01a2157a-447d-72ac-8d34-da1f6ff7b010@tidebook.example>', NULL, '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '01a2157a-4409-74d0-af5c-0b1df604688e', '2026-11-26 01:31:04.207477+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f12487ab72d7', '01a2157a-4481-77bb-9df6-918971ff755a', 'confirmed', 1, 0, 'to-be-reminded@customer.example', 'sent', '2026-11-26 01:31:04.313599+00', '2026-11-26 01:31:04.464779+00', 1, 0, '2026-11-26 01:31:04.371386+00', '2026-11-26 01:31:04.464779+00', '{"amount": null, "booking": {"id": "01a2157a-4481-77bb-9df6-918971ff755a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-28T02:00:00Z", "version": 1, "customer": {"name": "To Be Reminded", "email": "to-be-reminded@customer.example", "phone": null}, "metadata": {"story": "to-be-reminded"}, "starts_at": "2026-11-28T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.205886Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-28T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.205886Z", "refund_reason": null}', '<01a2157a-4503-718d-b5fa-f12487ab72d7@tidebook.example>', NULL, '01a2157a-4481-77bb-9df6-918971ff755a', '01a2157a-4492-74e9-8625-2b09beea29dc', '2026-11-26 01:31:04.324669+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4588-71a4-9fd3-120703f4a4c7', '01a2157a-44f9-710a-9951-85ae805dab6d', 'cancelled', 2, 0, 'cancelled@customer.example', 'sent', '2026-11-26 01:31:04.446819+00', '2026-11-26 01:31:04.525245+00', 1, 0, '2026-11-26 01:31:04.481908+00', '2026-11-26 01:31:04.525246+00', '{"amount": null, "booking": {"id": "01a2157a-44f9-710a-9951-85ae805dab6d", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "cancelled", "deposit": null, "ends_at": "2026-12-03T02:00:00Z", "version": 2, "customer": {"name": "Cancelled", "email": "cancelled@customer.example", "phone": null}, "metadata": {"story": "cancelled"}, "starts_at": "2026-12-03T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.324544Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-03T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": "The cat tidied up"}, "previous": {"status": "confirmed"}, "occurred_at": "2026-11-26T01:31:04.351554Z", "refund_reason": null}', '<01a2157a-4588-71a4-9fd3-120703f4a4c7@tidebook.example>', NULL, '01a2157a-4518-76aa-b3be-655afd10cfe3', '01a2157a-451f-7346-845c-0b10d31fb885', '2026-11-26 01:31:04.461911+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f122b5d38b31', '01a2157a-446c-703b-aafc-66e49c70023a', 'reminder', 1, 1440, 'without-key@customer.example', 'planned', '2026-11-28 19:59:00+00', '2026-11-28 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f122b5d38b31@tidebook.example>', NULL, '01a2157a-446c-703b-aafc-66e49c70023a', '01a2157a-4478-710e-9ea1-1916c01cd981', '2026-11-26 01:31:04.324637+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f123dcd396cb', '01a2157a-446c-703b-aafc-66e49c70023a', 'reminder', 1, 120, 'without-key@customer.example', 'planned', '2026-11-29 19:59:00+00', '2026-11-29 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f123dcd396cb@tidebook.example>', NULL, '01a2157a-446c-703b-aafc-66e49c70023a', '01a2157a-4478-710e-9ea1-1916c01cd981', '2026-11-26 01:31:04.324652+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f12570cd206b', '01a2157a-4481-77bb-9df6-918971ff755a', 'reminder', 1, 1440, 'to-be-reminded@customer.example', 'planned', '2026-11-26 19:59:00+00', '2026-11-26 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f12570cd206b@tidebook.example>', NULL, '01a2157a-4481-77bb-9df6-918971ff755a', '01a2157a-4492-74e9-8625-2b09beea29dc', '2026-11-26 01:31:04.324677+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f1260c879cd3', '01a2157a-4481-77bb-9df6-918971ff755a', 'reminder', 1, 120, 'to-be-reminded@customer.example', 'planned', '2026-11-27 19:59:00+00', '2026-11-27 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f1260c879cd3@tidebook.example>', NULL, '01a2157a-4481-77bb-9df6-918971ff755a', '01a2157a-4492-74e9-8625-2b09beea29dc', '2026-11-26 01:31:04.324682+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f128e3c21f76', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'reminder', 1, 1440, 'moved@customer.example', 'planned', '2026-11-29 19:59:00+00', '2026-11-29 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f128e3c21f76@tidebook.example>', NULL, '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', '01a2157a-44b6-710d-85d0-bebbd27881c2', '2026-11-26 01:31:04.324696+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f129a30b2963', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'reminder', 1, 120, 'moved@customer.example', 'planned', '2026-11-30 19:59:00+00', '2026-11-30 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f129a30b2963@tidebook.example>', NULL, '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', '01a2157a-44b6-710d-85d0-bebbd27881c2', '2026-11-26 01:31:04.324701+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f12a6f249039', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'reminder', 2, 1440, 'moved@customer.example', 'planned', '2026-11-30 19:59:00+00', '2026-11-30 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f12a6f249039@tidebook.example>', NULL, '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '01a2157a-44e0-7197-8145-65830cfc4d88', '2026-11-26 01:31:04.324707+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f12bdb563153', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'reminder', 2, 120, 'moved@customer.example', 'planned', '2026-12-01 19:59:00+00', '2026-12-01 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4503-718d-b5fa-f12bdb563153@tidebook.example>', NULL, '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '01a2157a-44e0-7197-8145-65830cfc4d88', '2026-11-26 01:31:04.324716+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4588-71a4-9fd3-120674fd48b9', '01a2157a-44f9-710a-9951-85ae805dab6d', 'reminder', 1, 120, 'cancelled@customer.example', 'planned', '2026-12-02 19:59:00+00', '2026-12-02 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4588-71a4-9fd3-120674fd48b9@tidebook.example>', NULL, '01a2157a-44f9-710a-9951-85ae805dab6d', '01a2157a-4513-7792-bcdd-e97526ed7060', '2026-11-26 01:31:04.461896+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f1212949bef9', '01a2157a-446c-703b-aafc-66e49c70023a', 'confirmed', 1, 0, 'without-key@customer.example', 'sent', '2026-11-26 01:31:04.313599+00', '2026-11-26 01:31:04.46451+00', 1, 0, '2026-11-26 01:31:04.370951+00', '2026-11-26 01:31:04.464511+00', '{"amount": null, "booking": {"id": "01a2157a-446c-703b-aafc-66e49c70023a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-30T02:00:00Z", "version": 1, "customer": {"name": "Without Key", "email": "without-key@customer.example", "phone": null}, "metadata": {"story": "without-key"}, "starts_at": "2026-11-30T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.181477Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-11-30T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.181477Z", "refund_reason": null}', '<01a2157a-4503-718d-b5fa-f1212949bef9@tidebook.example>', NULL, '01a2157a-446c-703b-aafc-66e49c70023a', '01a2157a-4478-710e-9ea1-1916c01cd981', '2026-11-26 01:31:04.324511+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f127c96245fd', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'confirmed', 1, 0, 'moved@customer.example', 'skipped', '2026-11-26 01:31:04.313599+00', '2026-11-26 01:31:04.434616+00', 1, 0, '2026-11-26 01:31:04.371541+00', NULL, '{"amount": null, "booking": {"id": "01a2157a-449f-72bd-9f73-0ab6d4c21a6e", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-01T02:00:00Z", "version": 1, "customer": {"name": "Moved", "email": "moved@customer.example", "phone": null}, "metadata": {"story": "moved"}, "starts_at": "2026-12-01T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.245174Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-01T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.245174Z", "refund_reason": null}', '<01a2157a-4503-718d-b5fa-f127c96245fd@tidebook.example>', 'the booking has changed since', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', '01a2157a-44b6-710d-85d0-bebbd27881c2', '2026-11-26 01:31:04.32469+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4503-718d-b5fa-f12ccf872795', '01a2157a-449f-72bd-9f73-0ab6d4c21a6e', 'rescheduled', 2, 0, 'moved@customer.example', 'sent', '2026-11-26 01:31:04.313599+00', '2026-11-26 01:31:04.47516+00', 1, 0, '2026-11-26 01:31:04.371561+00', '2026-11-26 01:31:04.475161+00', '{"amount": null, "booking": {"id": "01a2157a-449f-72bd-9f73-0ab6d4c21a6e", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-02T02:00:00Z", "version": 2, "customer": {"name": "Moved", "email": "moved@customer.example", "phone": null}, "metadata": {"story": "moved"}, "starts_at": "2026-12-02T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.245174Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-02T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": {"ends_at": "2026-12-01T02:00:00+00:00", "starts_at": "2026-12-01T01:00:00+00:00", "time_zone": "Europe/Paris", "local_start": "2026-12-01T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "resource_name": "Team A"}, "occurred_at": "2026-11-26T01:31:04.288377Z", "refund_reason": null}', '<01a2157a-4503-718d-b5fa-f12ccf872795@tidebook.example>', NULL, '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '01a2157a-44e0-7197-8145-65830cfc4d88', '2026-11-26 01:31:04.324726+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4588-71a4-9fd3-1204eb953e25', '01a2157a-44f9-710a-9951-85ae805dab6d', 'confirmed', 1, 0, 'cancelled@customer.example', 'skipped', '2026-11-26 01:31:04.446819+00', '2026-11-26 01:31:04.502567+00', 1, 0, '2026-11-26 01:31:04.482021+00', NULL, '{"amount": null, "booking": {"id": "01a2157a-44f9-710a-9951-85ae805dab6d", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-03T02:00:00Z", "version": 1, "customer": {"name": "Cancelled", "email": "cancelled@customer.example", "phone": null}, "metadata": {"story": "cancelled"}, "starts_at": "2026-12-03T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.324544Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-03T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.324544Z", "refund_reason": null}', '<01a2157a-4588-71a4-9fd3-1204eb953e25@tidebook.example>', 'the booking is cancelled', '01a2157a-44f9-710a-9951-85ae805dab6d', '01a2157a-4513-7792-bcdd-e97526ed7060', '2026-11-26 01:31:04.461781+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4588-71a4-9fd3-120810fd7c78', '01a2157a-4534-728d-a911-b6398cfea15a', 'held', 1, 0, 'paid@customer.example', 'sent', '2026-11-26 01:31:04.446819+00', '2026-11-26 01:31:04.554183+00', 1, 0, '2026-11-26 01:31:04.482045+00', '2026-11-26 01:31:04.554184+00', '{"amount": null, "booking": {"id": "01a2157a-4534-728d-a911-b6398cfea15a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-04T02:00:00Z", "version": 1, "customer": {"name": "Paid", "email": "paid@customer.example", "phone": null}, "metadata": {"story": "paid"}, "starts_at": "2026-12-04T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.392665Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-04T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:04.392665Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.392665Z", "refund_reason": null}', '<01a2157a-4588-71a4-9fd3-120810fd7c78@tidebook.example>', NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-454a-738c-a066-48607216793c', '2026-11-26 01:31:04.461922+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-46e7-744c-8ed6-c94aa038a9fb', '01a2157a-4534-728d-a911-b6398cfea15a', 'payment_received', 1, 0, 'paid@customer.example', 'sent', '2026-11-26 01:31:04.778961+00', '2026-11-26 01:31:04.86962+00', 1, 0, '2026-11-26 01:31:04.840143+00', '2026-11-26 01:31:04.869621+00', '{"amount": {"amount": 2700, "currency": "eur"}, "booking": {"id": "01a2157a-4534-728d-a911-b6398cfea15a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-04T02:00:00Z", "version": 1, "customer": {"name": "Paid", "email": "paid@customer.example", "phone": null}, "metadata": {"story": "paid"}, "starts_at": "2026-12-04T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.392665Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-04T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:04.392665Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.623451Z", "refund_reason": null}', '<01a2157a-46e7-744c-8ed6-c94aa038a9fb@tidebook.example>', NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-462f-7560-aac6-c3776da75eea', '2026-11-26 01:31:04.828584+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4814-7200-8c24-2772142c0aed', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'payment_received', 1, 0, 'refunded@customer.example', 'sent', '2026-11-26 01:31:05.101645+00', '2026-11-26 01:31:05.157228+00', 1, 0, '2026-11-26 01:31:05.120609+00', '2026-11-26 01:31:05.157228+00', '{"amount": {"amount": 2700, "currency": "eur"}, "booking": {"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 1, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:04.772858Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.974634Z", "refund_reason": null}', '<01a2157a-4814-7200-8c24-2772142c0aed@tidebook.example>', NULL, '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-478e-7317-aa41-ec1eb41577be', '2026-11-26 01:31:05.109087+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-488d-7249-9770-501caac25347', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'refund', 3, 0, 'refunded@customer.example', 'sent', '2026-11-26 01:31:05.228263+00', '2026-11-26 01:31:05.275899+00', 1, 0, '2026-11-26 01:31:05.242583+00', '2026-11-26 01:31:05.275901+00', '{"amount": {"amount": 2700, "currency": "eur"}, "booking": {"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "cancelled", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 3, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": "Illness"}, "previous": null, "occurred_at": "2026-11-26T01:31:05.107671Z", "refund_reason": "cancelled"}', '<01a2157a-488d-7249-9770-501caac25347@tidebook.example>', NULL, '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-4813-704b-b1fa-c35467400ee0', '2026-11-26 01:31:05.230342+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-470b-7529-8872-2acd807bb796', '01a2157a-4534-728d-a911-b6398cfea15a', 'reminder', 2, 1440, 'paid@customer.example', 'planned', '2026-12-02 19:59:00+00', '2026-12-02 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-470b-7529-8872-2acd807bb796@tidebook.example>', NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-466d-77e4-9d61-70e909a695d2', '2026-11-26 01:31:04.853457+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-470b-7529-8872-2ace6f3c3570', '01a2157a-4534-728d-a911-b6398cfea15a', 'reminder', 2, 120, 'paid@customer.example', 'planned', '2026-12-03 19:59:00+00', '2026-12-03 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-470b-7529-8872-2ace6f3c3570@tidebook.example>', NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-466d-77e4-9d61-70e909a695d2', '2026-11-26 01:31:04.853469+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-470b-7529-8872-2acc25ff9003', '01a2157a-4534-728d-a911-b6398cfea15a', 'confirmed', 2, 0, 'paid@customer.example', 'sent', '2026-11-26 01:31:04.806864+00', '2026-11-26 01:31:04.910382+00', 1, 0, '2026-11-26 01:31:04.872055+00', '2026-11-26 01:31:04.910382+00', '{"amount": null, "booking": {"id": "01a2157a-4534-728d-a911-b6398cfea15a", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-04T02:00:00Z", "version": 2, "customer": {"name": "Paid", "email": "paid@customer.example", "phone": null}, "metadata": {"story": "paid"}, "starts_at": "2026-12-04T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.392665Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-04T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": {"status": "pending_payment", "deposit_status": "pending"}, "occurred_at": "2026-11-26T01:31:04.685755Z", "refund_reason": null}', '<01a2157a-470b-7529-8872-2acc25ff9003@tidebook.example>', NULL, '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-466d-77e4-9d61-70e909a695d2', '2026-11-26 01:31:04.853317+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-470b-7529-8872-2acf8b6babba', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'held', 1, 0, 'refunded@customer.example', 'sent', '2026-11-26 01:31:04.806864+00', '2026-11-26 01:31:04.910644+00', 1, 0, '2026-11-26 01:31:04.87213+00', '2026-11-26 01:31:04.910645+00', '{"amount": null, "booking": {"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 1, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:04.772858Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:04.772858Z", "refund_reason": null}', '<01a2157a-470b-7529-8872-2acf8b6babba@tidebook.example>', NULL, '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-46c8-777b-8f9b-7e0bd4e0b302', '2026-11-26 01:31:04.853483+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4836-77bc-b5c6-10d11b75fe25', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'reminder', 2, 1440, 'refunded@customer.example', 'planned', '2026-12-03 19:59:00+00', '2026-12-03 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4836-77bc-b5c6-10d11b75fe25@tidebook.example>', NULL, '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-47b3-73ba-925e-115666e9f86b', '2026-11-26 01:31:05.143358+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4836-77bc-b5c6-10d267bd5ee7', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'reminder', 2, 120, 'refunded@customer.example', 'planned', '2026-12-04 19:59:00+00', '2026-12-04 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a2157a-4836-77bc-b5c6-10d267bd5ee7@tidebook.example>', NULL, '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-47b3-73ba-925e-115666e9f86b', '2026-11-26 01:31:05.14337+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4836-77bc-b5c6-10d066f407e7', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'confirmed', 2, 0, 'refunded@customer.example', 'skipped', '2026-11-26 01:31:05.121534+00', '2026-11-26 01:31:05.193402+00', 1, 0, '2026-11-26 01:31:05.170734+00', NULL, '{"amount": null, "booking": {"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 2, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": {"status": "pending_payment", "deposit_status": "pending"}, "occurred_at": "2026-11-26T01:31:05.011081Z", "refund_reason": null}', '<01a2157a-4836-77bc-b5c6-10d066f407e7@tidebook.example>', 'the booking is cancelled', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-47b3-73ba-925e-115666e9f86b', '2026-11-26 01:31:05.143222+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-4836-77bc-b5c6-10d316c776a7', '01a2157a-46b6-7296-a8e2-dfa7994fe294', 'cancelled', 3, 0, 'refunded@customer.example', 'sent', '2026-11-26 01:31:05.121534+00', '2026-11-26 01:31:05.200466+00', 1, 0, '2026-11-26 01:31:05.170811+00', '2026-11-26 01:31:05.200467+00', '{"amount": null, "booking": {"id": "01a2157a-46b6-7296-a8e2-dfa7994fe294", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "cancelled", "deposit": {"amount": 2700, "status": "paid", "currency": "eur"}, "ends_at": "2026-12-05T02:00:00Z", "version": 3, "customer": {"name": "Refunded", "email": "refunded@customer.example", "phone": null}, "metadata": {"story": "refunded"}, "starts_at": "2026-12-05T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:04.772858Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-05T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": "Illness"}, "previous": {"status": "confirmed"}, "occurred_at": "2026-11-26T01:31:05.049659Z", "refund_reason": null}', '<01a2157a-4836-77bc-b5c6-10d316c776a7@tidebook.example>', NULL, '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.143384+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-48ed-73ed-bc7f-13dfa4523c16', '01a2157a-484d-7474-bd86-1eb943f42421', 'held', 1, 0, 'held@customer.example', 'sent', '2026-11-26 01:31:05.323346+00', '2026-11-26 01:31:05.347281+00', 1, 0, '2026-11-26 01:31:05.332373+00', '2026-11-26 01:31:05.347281+00', '{"amount": null, "booking": {"id": "01a2157a-484d-7474-bd86-1eb943f42421", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-06T02:00:00Z", "version": 1, "customer": {"name": "Held", "email": "held@customer.example", "phone": null}, "metadata": {"story": "held"}, "starts_at": "2026-12-06T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:05.193723Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-06T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T03:31:05.193723Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:05.193723Z", "refund_reason": null}', '<01a2157a-48ed-73ed-bc7f-13dfa4523c16@tidebook.example>', NULL, '01a2157a-484d-7474-bd86-1eb943f42421', '01a2157a-486b-72d8-8b32-d657d5aae7fd', '2026-11-26 01:31:05.32594+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a2157a-5557-740a-bc3c-26dafcce3be9', '01a2157a-54ac-7789-b694-6019350fda14', 'held', 1, 0, 'expired@customer.example', 'sent', '2026-11-26 01:31:08.499908+00', '2026-11-26 01:31:08.529832+00', 1, 0, '2026-11-26 01:31:08.511055+00', '2026-11-26 01:31:08.529833+00', '{"amount": null, "booking": {"id": "01a2157a-54ac-7789-b694-6019350fda14", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-07T02:00:00Z", "version": 1, "customer": {"name": "Expired", "email": "expired@customer.example", "phone": null}, "metadata": {"story": "expired"}, "starts_at": "2026-12-07T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:31:08.370580Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-07T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T01:32:08.370580Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:31:08.370580Z", "refund_reason": null}', '<01a2157a-5557-740a-bc3c-26dafcce3be9@tidebook.example>', NULL, '01a2157a-54ac-7789-b694-6019350fda14', '01a2157a-54e2-7493-9983-15431f4791d0', '2026-11-26 01:31:08.503731+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcba-70c4-8286-2a385a4e0858', '01a21580-bc23-727f-8e80-e7bfc580ca01', 'reminder', 1, 1440, 'mail-waits@customer.example', 'planned', '2026-12-06 19:59:00+00', '2026-12-06 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a21580-bcba-70c4-8286-2a385a4e0858@tidebook.example>', NULL, '01a21580-bc23-727f-8e80-e7bfc580ca01', '01a21580-bc43-706c-879d-5818b2692031', '2026-11-26 01:38:08.189643+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcba-70c4-8286-2a39b2fa1cc2', '01a21580-bc23-727f-8e80-e7bfc580ca01', 'reminder', 1, 120, 'mail-waits@customer.example', 'planned', '2026-12-07 19:59:00+00', '2026-12-07 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a21580-bcba-70c4-8286-2a39b2fa1cc2@tidebook.example>', NULL, '01a21580-bc23-727f-8e80-e7bfc580ca01', '01a21580-bc43-706c-879d-5818b2692031', '2026-11-26 01:38:08.18966+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd78-750e-8a41-751786daf307', '01a21580-bcf5-77ec-b886-a2cc08229653', 'reminder', 1, 120, 'over-soon@customer.example', 'queued', '2026-11-26 01:38:08.257209+00', '2026-11-26 01:38:16.029585+00', 1, 0, '2026-11-26 01:38:10.969712+00', NULL, NULL, '<01a21580-bd78-750e-8a41-751786daf307@tidebook.example>', 'smtp: SMTPConnectError', '01a21580-bcf5-77ec-b886-a2cc08229653', '01a21580-bd0c-748f-a53b-24dcfc433ad8', '2026-11-26 01:38:08.376854+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bcba-70c4-8286-2a37139ddd8f', '01a21580-bc23-727f-8e80-e7bfc580ca01', 'confirmed', 1, 0, 'mail-waits@customer.example', 'queued', '2026-11-26 01:38:08.180026+00', '2026-11-26 01:39:13.618358+00', 2, 0, '2026-11-26 01:38:13.594188+00', NULL, '{"amount": null, "booking": {"id": "01a21580-bc23-727f-8e80-e7bfc580ca01", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-08T02:00:00Z", "version": 1, "customer": {"name": "Mail Waits", "email": "mail-waits@customer.example", "phone": null}, "metadata": {"story": "mail-waits"}, "starts_at": "2026-12-08T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.053525Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-08T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:38:08.053525Z", "refund_reason": null}', '<01a21580-bcba-70c4-8286-2a37139ddd8f@tidebook.example>', 'smtp: SMTPConnectError', '01a21580-bc23-727f-8e80-e7bfc580ca01', '01a21580-bc43-706c-879d-5818b2692031', '2026-11-26 01:38:08.189453+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd78-750e-8a41-75168c22e4dd', '01a21580-bcf5-77ec-b886-a2cc08229653', 'confirmed', 1, 0, 'over-soon@customer.example', 'queued', '2026-11-26 01:38:08.373928+00', '2026-11-26 01:39:13.618974+00', 2, 0, '2026-11-26 01:38:13.594324+00', NULL, '{"amount": null, "booking": {"id": "01a21580-bcf5-77ec-b886-a2cc08229653", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-11-26T01:44:00Z", "version": 1, "customer": {"name": "Over Soon", "email": "over-soon@customer.example", "phone": null}, "metadata": {"story": "over-soon"}, "starts_at": "2026-11-26T01:39:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.257209Z", "service_id": "01a2157a-433f-70f7-8a70-020aa3be6fa4", "local_start": "2026-11-26T02:39:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Five minutes", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:38:08.257209Z", "refund_reason": null}', '<01a21580-bd78-750e-8a41-75168c22e4dd@tidebook.example>', 'smtp: SMTPConnectError', '01a21580-bcf5-77ec-b886-a2cc08229653', '01a21580-bd0c-748f-a53b-24dcfc433ad8', '2026-11-26 01:38:08.376767+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cbc9-7619-87a7-952bd555bafc', '01a21580-cb32-7159-951b-aaae33d57b20', 'reminder', 1, 1440, 'published-not-marked@customer.example', 'planned', '2026-12-08 19:59:00+00', '2026-12-08 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a21580-cbc9-7619-87a7-952bd555bafc@tidebook.example>', NULL, '01a21580-cb32-7159-951b-aaae33d57b20', '01a21580-cb56-7674-a77f-d436068a9655', '2026-11-26 01:38:12.041764+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cbc9-7619-87a7-952ce611f700', '01a21580-cb32-7159-951b-aaae33d57b20', 'reminder', 1, 120, 'published-not-marked@customer.example', 'planned', '2026-12-09 19:59:00+00', '2026-12-09 19:59:00+00', 0, 0, NULL, NULL, NULL, '<01a21580-cbc9-7619-87a7-952ce611f700@tidebook.example>', NULL, '01a21580-cb32-7159-951b-aaae33d57b20', '01a21580-cb56-7674-a77f-d436068a9655', '2026-11-26 01:38:12.041777+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-cbc9-7619-87a7-952a0ec33b58', '01a21580-cb32-7159-951b-aaae33d57b20', 'confirmed', 1, 0, 'published-not-marked@customer.example', 'queued', '2026-11-26 01:38:12.037356+00', '2026-11-26 01:38:17.08087+00', 1, 0, '2026-11-26 01:38:12.050038+00', NULL, '{"amount": null, "booking": {"id": "01a21580-cb32-7159-951b-aaae33d57b20", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "confirmed", "deposit": null, "ends_at": "2026-12-10T02:00:00Z", "version": 1, "customer": {"name": "Published Not Marked", "email": "published-not-marked@customer.example", "phone": null}, "metadata": {"story": "published-not-marked"}, "starts_at": "2026-12-10T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:11.917572Z", "service_id": "01a2157a-42e2-73fc-b8e5-179cc9cb88c9", "local_start": "2026-12-10T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Cleaning", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": null, "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:38:11.917572Z", "refund_reason": null}', '<01a21580-cbc9-7619-87a7-952a0ec33b58@tidebook.example>', 'smtp: SMTPConnectError', '01a21580-cb32-7159-951b-aaae33d57b20', '01a21580-cb56-7674-a77f-d436068a9655', '2026-11-26 01:38:12.041667+00');
INSERT INTO notifier.messages (tenant_id, id, booking_id, kind, version, reminder_offset_minutes, recipient, status, send_at, next_attempt_at, attempts, interruptions, claimed_at, sent_at, subject_data, message_id_header, last_error, correlation_id, causation_id, created_at) VALUES ('01a2157a-428b-7530-8cb8-72ace90e5836', '01a21580-bd78-750e-8a41-75186f719e00', '01a21580-bd12-76ec-a053-f8a3020f549d', 'held', 1, 0, 'unpaid@customer.example', 'queued', '2026-11-26 01:38:08.373928+00', '2026-11-26 01:39:13.618769+00', 2, 0, '2026-11-26 01:38:13.594303+00', NULL, '{"amount": null, "booking": {"id": "01a21580-bd12-76ec-a053-f8a3020f549d", "notes": "The key is under the mat.", "price": {"amount": 9000, "currency": "eur"}, "status": "pending_payment", "deposit": {"amount": 2700, "status": "pending", "currency": "eur"}, "ends_at": "2026-12-09T02:00:00Z", "version": 1, "customer": {"name": "Unpaid", "email": "unpaid@customer.example", "phone": null}, "metadata": {"story": "unpaid"}, "starts_at": "2026-12-09T01:00:00Z", "time_zone": "Europe/Paris", "created_at": "2026-11-26T01:38:08.282123Z", "service_id": "01a2157a-4324-758d-943b-fc1761f28e67", "local_start": "2026-12-09T02:00:00+01:00", "resource_id": "01a2157a-4366-7291-97ec-4b33d73ee3c7", "service_name": "Deep clean", "business_name": "Tenant 1170959a", "resource_name": "Team A", "hold_expires_at": "2026-11-26T01:39:08.282123Z", "cancellation_reason": null}, "previous": null, "occurred_at": "2026-11-26T01:38:08.282123Z", "refund_reason": null}', '<01a21580-bd78-750e-8a41-75186f719e00@tidebook.example>', 'smtp: SMTPConnectError', '01a21580-bd12-76ec-a053-f8a3020f549d', '01a21580-bd1f-7706-b3a7-299f040c7880', '2026-11-26 01:38:08.376873+00');


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: notifier; Owner: notifier_owner
--

INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-44eb-71e7-9270-6faead774a7c', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-44eb-71e7-9270-6faead774a7c","occurred_at":"2026-11-26T01:31:04.299133Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","causation_id":"01a2157a-43ee-74e6-ad20-a6e2870b488a","message_id":"01a2157a-447d-72ac-8d34-da1a1db5d566","booking_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","kind":"confirmed","version":1}', '01a2157a-43d6-776f-abc3-6cab14dee82c', '01a2157a-43ee-74e6-ad20-a6e2870b488a', '2026-11-26 01:31:04.299133+00', '2026-11-26 01:31:04.300734+00', '2026-11-26 01:31:04.437093+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-44f3-7693-a380-2fad16f36db3', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-44f3-7693-a380-2fad16f36db3","occurred_at":"2026-11-26T01:31:04.307661Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4413-7617-89f2-80cefe99c25c","causation_id":"01a2157a-4433-7062-974b-3735139896a5","message_id":"01a2157a-447d-72ac-8d34-da1c1e6a247c","booking_id":"01a2157a-4413-7617-89f2-80cefe99c25c","kind":"confirmed","version":1}', '01a2157a-4413-7617-89f2-80cefe99c25c', '01a2157a-4433-7062-974b-3735139896a5', '2026-11-26 01:31:04.307661+00', '2026-11-26 01:31:04.345082+00', '2026-11-26 01:31:04.437138+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4508-75e4-9503-498391671d58', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-42d2-736b-af5d-ea9b0a1be744', '{"id":"01a2157a-4508-75e4-9503-498391671d58","occurred_at":"2026-11-26T01:31:04.328949Z","tenant_id":"01a2157a-42d2-736b-af5d-ea9b0a1be744","correlation_id":"01a2157a-43f7-7021-8b94-d7cf0117a0a5","causation_id":"01a2157a-4409-74d0-af5c-0b1df604688e","message_id":"01a2157a-447d-72ac-8d34-da1f6ff7b010","booking_id":"01a2157a-43f7-7021-8b94-d7cf0117a0a5","kind":"confirmed","version":1}', '01a2157a-43f7-7021-8b94-d7cf0117a0a5', '01a2157a-4409-74d0-af5c-0b1df604688e', '2026-11-26 01:31:04.328949+00', '2026-11-26 01:31:04.360952+00', '2026-11-26 01:31:04.55378+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4594-712e-8332-c61a9463cca1', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4594-712e-8332-c61a9463cca1","occurred_at":"2026-11-26T01:31:04.468378Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-446c-703b-aafc-66e49c70023a","causation_id":"01a2157a-4478-710e-9ea1-1916c01cd981","message_id":"01a2157a-4503-718d-b5fa-f1212949bef9","booking_id":"01a2157a-446c-703b-aafc-66e49c70023a","kind":"confirmed","version":1}', '01a2157a-446c-703b-aafc-66e49c70023a', '01a2157a-4478-710e-9ea1-1916c01cd981', '2026-11-26 01:31:04.468378+00', '2026-11-26 01:31:04.468728+00', '2026-11-26 01:31:04.553911+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4594-712e-8332-c61b953333a8', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4594-712e-8332-c61b953333a8","occurred_at":"2026-11-26T01:31:04.468676Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4481-77bb-9df6-918971ff755a","causation_id":"01a2157a-4492-74e9-8625-2b09beea29dc","message_id":"01a2157a-4503-718d-b5fa-f12487ab72d7","booking_id":"01a2157a-4481-77bb-9df6-918971ff755a","kind":"confirmed","version":1}', '01a2157a-4481-77bb-9df6-918971ff755a', '01a2157a-4492-74e9-8625-2b09beea29dc', '2026-11-26 01:31:04.468676+00', '2026-11-26 01:31:04.468838+00', '2026-11-26 01:31:04.553917+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-459b-70f0-8652-f930c573ba75', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-459b-70f0-8652-f930c573ba75","occurred_at":"2026-11-26T01:31:04.475352Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-44c0-74c7-ab51-8dfbb7b583c4","causation_id":"01a2157a-44e0-7197-8145-65830cfc4d88","message_id":"01a2157a-4503-718d-b5fa-f12ccf872795","booking_id":"01a2157a-449f-72bd-9f73-0ab6d4c21a6e","kind":"rescheduled","version":2}', '01a2157a-44c0-74c7-ab51-8dfbb7b583c4', '01a2157a-44e0-7197-8145-65830cfc4d88', '2026-11-26 01:31:04.475352+00', '2026-11-26 01:31:04.475566+00', '2026-11-26 01:31:04.55392+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-45cd-7021-80da-6948c9b761a4', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-45cd-7021-80da-6948c9b761a4","occurred_at":"2026-11-26T01:31:04.525635Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4518-76aa-b3be-655afd10cfe3","causation_id":"01a2157a-451f-7346-845c-0b10d31fb885","message_id":"01a2157a-4588-71a4-9fd3-120703f4a4c7","booking_id":"01a2157a-44f9-710a-9951-85ae805dab6d","kind":"cancelled","version":2}', '01a2157a-4518-76aa-b3be-655afd10cfe3', '01a2157a-451f-7346-845c-0b10d31fb885', '2026-11-26 01:31:04.525635+00', '2026-11-26 01:31:04.526052+00', '2026-11-26 01:31:04.553923+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4903-705c-b98b-bf5c54b70eb2', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4903-705c-b98b-bf5c54b70eb2","occurred_at":"2026-11-26T01:31:05.347508Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-484d-7474-bd86-1eb943f42421","causation_id":"01a2157a-486b-72d8-8b32-d657d5aae7fd","message_id":"01a2157a-48ed-73ed-bc7f-13dfa4523c16","booking_id":"01a2157a-484d-7474-bd86-1eb943f42421","kind":"held","version":1}', '01a2157a-484d-7474-bd86-1eb943f42421', '01a2157a-486b-72d8-8b32-d657d5aae7fd', '2026-11-26 01:31:05.347508+00', '2026-11-26 01:31:05.347757+00', '2026-11-26 01:31:05.40388+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-45ec-766b-bbac-e335ac1be35e', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-45ec-766b-bbac-e335ac1be35e","occurred_at":"2026-11-26T01:31:04.556301Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-454a-738c-a066-48607216793c","message_id":"01a2157a-4588-71a4-9fd3-120810fd7c78","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","kind":"held","version":1}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-454a-738c-a066-48607216793c', '2026-11-26 01:31:04.556301+00', '2026-11-26 01:31:04.563785+00', '2026-11-26 01:31:04.669318+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-474e-713d-96b0-d373c4527219', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-474e-713d-96b0-d373c4527219","occurred_at":"2026-11-26T01:31:04.910896Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-466d-77e4-9d61-70e909a695d2","message_id":"01a2157a-470b-7529-8872-2acc25ff9003","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","kind":"confirmed","version":2}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-466d-77e4-9d61-70e909a695d2', '2026-11-26 01:31:04.910896+00', '2026-11-26 01:31:04.911391+00', '2026-11-26 01:31:04.979249+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4848-73b5-a689-34dfabcdec69', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4848-73b5-a689-34dfabcdec69","occurred_at":"2026-11-26T01:31:05.160067Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":"01a2157a-478e-7317-aa41-ec1eb41577be","message_id":"01a2157a-4814-7200-8c24-2772142c0aed","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","kind":"payment_received","version":1}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-478e-7317-aa41-ec1eb41577be', '2026-11-26 01:31:05.160067+00', '2026-11-26 01:31:05.161431+00', '2026-11-26 01:31:05.29757+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4870-728f-a85b-8b74229a1889', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4870-728f-a85b-8b74229a1889","occurred_at":"2026-11-26T01:31:05.200748Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","causation_id":"01a2157a-47d9-7557-93c3-9bdd954a2ae1","message_id":"01a2157a-4836-77bc-b5c6-10d316c776a7","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","kind":"cancelled","version":3}', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-47d9-7557-93c3-9bdd954a2ae1', '2026-11-26 01:31:05.200748+00', '2026-11-26 01:31:05.201015+00', '2026-11-26 01:31:05.297625+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-48bc-7459-9a05-3bc151fd4fd9', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-48bc-7459-9a05-3bc151fd4fd9","occurred_at":"2026-11-26T01:31:05.276472Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-47cb-74a2-8ba8-0551e22eaeac","causation_id":"01a2157a-4813-704b-b1fa-c35467400ee0","message_id":"01a2157a-488d-7249-9770-501caac25347","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","kind":"refund","version":3}', '01a2157a-47cb-74a2-8ba8-0551e22eaeac', '01a2157a-4813-704b-b1fa-c35467400ee0', '2026-11-26 01:31:05.276472+00', '2026-11-26 01:31:05.276746+00', '2026-11-26 01:31:05.29763+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-5572-731b-be5d-05b2ce491dfe', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-5572-731b-be5d-05b2ce491dfe","occurred_at":"2026-11-26T01:31:08.530120Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-54ac-7789-b694-6019350fda14","causation_id":"01a2157a-54e2-7493-9983-15431f4791d0","message_id":"01a2157a-5557-740a-bc3c-26dafcce3be9","booking_id":"01a2157a-54ac-7789-b694-6019350fda14","kind":"held","version":1}', '01a2157a-54ac-7789-b694-6019350fda14', '01a2157a-54e2-7493-9983-15431f4791d0', '2026-11-26 01:31:08.53012+00', '2026-11-26 01:31:08.530352+00', '2026-11-26 01:31:08.634943+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-4725-743f-bb2f-08105e8c6e9f', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-4725-743f-bb2f-08105e8c6e9f","occurred_at":"2026-11-26T01:31:04.869905Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-4534-728d-a911-b6398cfea15a","causation_id":"01a2157a-462f-7560-aac6-c3776da75eea","message_id":"01a2157a-46e7-744c-8ed6-c94aa038a9fb","booking_id":"01a2157a-4534-728d-a911-b6398cfea15a","kind":"payment_received","version":1}', '01a2157a-4534-728d-a911-b6398cfea15a', '01a2157a-462f-7560-aac6-c3776da75eea', '2026-11-26 01:31:04.869905+00', '2026-11-26 01:31:04.870193+00', '2026-11-26 01:31:04.979296+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-474f-77c5-8c46-f3ffb75600e9', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-474f-77c5-8c46-f3ffb75600e9","occurred_at":"2026-11-26T01:31:04.911152Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","causation_id":"01a2157a-46c8-777b-8f9b-7e0bd4e0b302","message_id":"01a2157a-470b-7529-8872-2acf8b6babba","booking_id":"01a2157a-46b6-7296-a8e2-dfa7994fe294","kind":"held","version":1}', '01a2157a-46b6-7296-a8e2-dfa7994fe294', '01a2157a-46c8-777b-8f9b-7e0bd4e0b302', '2026-11-26 01:31:04.911152+00', '2026-11-26 01:31:04.911306+00', '2026-11-26 01:31:04.979301+00');
INSERT INTO notifier.outbox (id, type, subject, payload, correlation_id, causation_id, occurred_at, claimed_at, published_at) VALUES ('01a2157a-5108-7773-ade9-f63b75104b26', 'notifier.message_sent.v1', 'notifier.message_sent.v1.01a2157a-428b-7530-8cb8-72ace90e5836', '{"id":"01a2157a-5108-7773-ade9-f63b75104b26","occurred_at":"2026-11-26T01:31:07.400515Z","tenant_id":"01a2157a-428b-7530-8cb8-72ace90e5836","correlation_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","causation_id":"01a2157a-43ee-74e6-ad20-a6e2870b488a","message_id":"01a2157a-447d-72ac-8d34-da1b30669204","booking_id":"01a2157a-43d6-776f-abc3-6cab14dee82c","kind":"reminder","version":1}', '01a2157a-43d6-776f-abc3-6cab14dee82c', '01a2157a-43ee-74e6-ad20-a6e2870b488a', '2026-11-26 01:31:07.400515+00', '2026-11-26 01:31:07.411142+00', '2026-11-26 01:31:07.488094+00');


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: payments payments_booking_id_key; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.payments
    ADD CONSTRAINT payments_booking_id_key UNIQUE (tenant_id, booking_id);


--
-- Name: payments payments_payment_intent_id_key; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.payments
    ADD CONSTRAINT payments_payment_intent_id_key UNIQUE (payment_intent_id);


--
-- Name: payments payments_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: reconciliation reconciliation_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.reconciliation
    ADD CONSTRAINT reconciliation_pkey PRIMARY KEY (account);


--
-- Name: refunds refunds_payment_id_key; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.refunds
    ADD CONSTRAINT refunds_payment_id_key UNIQUE (tenant_id, payment_id);


--
-- Name: refunds refunds_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: refunds refunds_stripe_refund_id_key; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.refunds
    ADD CONSTRAINT refunds_stripe_refund_id_key UNIQUE (stripe_refund_id);


--
-- Name: stripe_events stripe_events_pkey; Type: CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.stripe_events
    ADD CONSTRAINT stripe_events_pkey PRIMARY KEY (account, event_id);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: bookings bookings_no_overlap; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.bookings
    ADD CONSTRAINT bookings_no_overlap EXCLUDE USING gist (resource_id WITH =, occupied WITH &&) WHERE ((status = ANY (ARRAY['pending_payment'::text, 'confirmed'::text])));


--
-- Name: bookings bookings_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.bookings
    ADD CONSTRAINT bookings_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: requests requests_idempotency_key; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.requests
    ADD CONSTRAINT requests_idempotency_key UNIQUE (tenant_id, type, idempotency_key);


--
-- Name: requests requests_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: resource_services resource_services_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.resource_services
    ADD CONSTRAINT resource_services_pkey PRIMARY KEY (tenant_id, service_id, resource_id);


--
-- Name: resources resources_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.resources
    ADD CONSTRAINT resources_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: services services_pkey; Type: CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.services
    ADD CONSTRAINT services_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: gateway; Owner: gateway_owner
--

ALTER TABLE ONLY gateway.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: api_keys api_keys_pkey; Type: CONSTRAINT; Schema: gateway; Owner: gateway_owner
--

ALTER TABLE ONLY gateway.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);


--
-- Name: audit_log audit_log_pkey; Type: CONSTRAINT; Schema: gateway; Owner: gateway_owner
--

ALTER TABLE ONLY gateway.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (id);


--
-- Name: tenants tenants_pkey; Type: CONSTRAINT; Schema: gateway; Owner: gateway_owner
--

ALTER TABLE ONLY gateway.tenants
    ADD CONSTRAINT tenants_pkey PRIMARY KEY (id);


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);


--
-- Name: bookings bookings_pkey; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.bookings
    ADD CONSTRAINT bookings_pkey PRIMARY KEY (tenant_id, booking_id);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id);


--
-- Name: job_heartbeats job_heartbeats_pkey; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.job_heartbeats
    ADD CONSTRAINT job_heartbeats_pkey PRIMARY KEY (name);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (tenant_id, id);


--
-- Name: messages messages_purpose_key; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.messages
    ADD CONSTRAINT messages_purpose_key UNIQUE (tenant_id, booking_id, version, kind, reminder_offset_minutes, recipient);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE ONLY notifier.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX inbox_handled_at_idx ON billing.inbox USING brin (handled_at);


--
-- Name: outbox_occurred_at_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX outbox_occurred_at_idx ON billing.outbox USING brin (occurred_at);


--
-- Name: outbox_unpublished_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX outbox_unpublished_idx ON billing.outbox USING btree (claimed_at) WHERE (published_at IS NULL);


--
-- Name: stripe_events_parked_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX stripe_events_parked_idx ON billing.stripe_events USING btree (next_try_at) WHERE (state = 'parked'::text);


--
-- Name: stripe_events_parked_intent_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX stripe_events_parked_intent_idx ON billing.stripe_events USING btree (payment_intent_id) WHERE (state = 'parked'::text);


--
-- Name: stripe_events_quarantined_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX stripe_events_quarantined_idx ON billing.stripe_events USING btree (received_at) WHERE (state = 'quarantined'::text);


--
-- Name: stripe_events_received_at_idx; Type: INDEX; Schema: billing; Owner: billing_owner
--

CREATE INDEX stripe_events_received_at_idx ON billing.stripe_events USING brin (received_at);


--
-- Name: bookings_end_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX bookings_end_idx ON booking.bookings USING btree (ends_at) WHERE (status = 'confirmed'::text);


--
-- Name: bookings_hold_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX bookings_hold_idx ON booking.bookings USING btree (hold_expires_at) WHERE (status = 'pending_payment'::text);


--
-- Name: bookings_list_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX bookings_list_idx ON booking.bookings USING btree (tenant_id, created_at, id);


--
-- Name: bookings_resource_start_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX bookings_resource_start_idx ON booking.bookings USING btree (tenant_id, resource_id, starts_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX inbox_handled_at_idx ON booking.inbox USING brin (handled_at);


--
-- Name: outbox_causation_id_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX outbox_causation_id_idx ON booking.outbox USING btree (causation_id);


--
-- Name: outbox_occurred_at_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX outbox_occurred_at_idx ON booking.outbox USING brin (occurred_at);


--
-- Name: outbox_unpublished_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX outbox_unpublished_idx ON booking.outbox USING btree (claimed_at) WHERE (published_at IS NULL);


--
-- Name: requests_created_at_idx; Type: INDEX; Schema: booking; Owner: booking_owner
--

CREATE INDEX requests_created_at_idx ON booking.requests USING brin (created_at);


--
-- Name: api_keys_tenant_id_idx; Type: INDEX; Schema: gateway; Owner: gateway_owner
--

CREATE INDEX api_keys_tenant_id_idx ON gateway.api_keys USING btree (tenant_id, created_at);


--
-- Name: audit_log_decision_key; Type: INDEX; Schema: gateway; Owner: gateway_owner
--

CREATE UNIQUE INDEX audit_log_decision_key ON gateway.audit_log USING btree (object, action) WHERE (action = ANY (ARRAY['dead_letter.replayed'::text, 'dead_letter.discarded'::text]));


--
-- Name: bookings_updated_at_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX bookings_updated_at_idx ON notifier.bookings USING brin (updated_at);


--
-- Name: inbox_handled_at_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX inbox_handled_at_idx ON notifier.inbox USING brin (handled_at);


--
-- Name: messages_created_at_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX messages_created_at_idx ON notifier.messages USING brin (created_at);


--
-- Name: messages_due_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX messages_due_idx ON notifier.messages USING btree (next_attempt_at) WHERE ((status = ANY (ARRAY['queued'::text, 'planned'::text, 'sending'::text])) AND (kind <> 'reminder'::text));


--
-- Name: messages_due_reminders_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX messages_due_reminders_idx ON notifier.messages USING btree (next_attempt_at) WHERE ((status = ANY (ARRAY['queued'::text, 'planned'::text, 'sending'::text])) AND (kind = 'reminder'::text));


--
-- Name: outbox_occurred_at_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX outbox_occurred_at_idx ON notifier.outbox USING brin (occurred_at);


--
-- Name: outbox_unpublished_idx; Type: INDEX; Schema: notifier; Owner: notifier_owner
--

CREATE INDEX outbox_unpublished_idx ON notifier.outbox USING btree (claimed_at) WHERE (published_at IS NULL);


--
-- Name: refunds refunds_tenant_id_payment_id_fkey; Type: FK CONSTRAINT; Schema: billing; Owner: billing_owner
--

ALTER TABLE ONLY billing.refunds
    ADD CONSTRAINT refunds_tenant_id_payment_id_fkey FOREIGN KEY (tenant_id, payment_id) REFERENCES billing.payments(tenant_id, id);


--
-- Name: bookings bookings_tenant_id_resource_id_fkey; Type: FK CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.bookings
    ADD CONSTRAINT bookings_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES booking.resources(tenant_id, id);


--
-- Name: bookings bookings_tenant_id_service_id_fkey; Type: FK CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.bookings
    ADD CONSTRAINT bookings_tenant_id_service_id_fkey FOREIGN KEY (tenant_id, service_id) REFERENCES booking.services(tenant_id, id);


--
-- Name: resource_services resource_services_tenant_id_resource_id_fkey; Type: FK CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.resource_services
    ADD CONSTRAINT resource_services_tenant_id_resource_id_fkey FOREIGN KEY (tenant_id, resource_id) REFERENCES booking.resources(tenant_id, id);


--
-- Name: resource_services resource_services_tenant_id_service_id_fkey; Type: FK CONSTRAINT; Schema: booking; Owner: booking_owner
--

ALTER TABLE ONLY booking.resource_services
    ADD CONSTRAINT resource_services_tenant_id_service_id_fkey FOREIGN KEY (tenant_id, service_id) REFERENCES booking.services(tenant_id, id);


--
-- Name: api_keys api_keys_tenant_id_fkey; Type: FK CONSTRAINT; Schema: gateway; Owner: gateway_owner
--

ALTER TABLE ONLY gateway.api_keys
    ADD CONSTRAINT api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES gateway.tenants(id);


--
-- Name: payments; Type: ROW SECURITY; Schema: billing; Owner: billing_owner
--

ALTER TABLE billing.payments ENABLE ROW LEVEL SECURITY;

--
-- Name: refunds; Type: ROW SECURITY; Schema: billing; Owner: billing_owner
--

ALTER TABLE billing.refunds ENABLE ROW LEVEL SECURITY;

--
-- Name: payments tenant; Type: POLICY; Schema: billing; Owner: billing_owner
--

CREATE POLICY tenant ON billing.payments USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: refunds tenant; Type: POLICY; Schema: billing; Owner: billing_owner
--

CREATE POLICY tenant ON billing.refunds USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: bookings; Type: ROW SECURITY; Schema: booking; Owner: booking_owner
--

ALTER TABLE booking.bookings ENABLE ROW LEVEL SECURITY;

--
-- Name: requests; Type: ROW SECURITY; Schema: booking; Owner: booking_owner
--

ALTER TABLE booking.requests ENABLE ROW LEVEL SECURITY;

--
-- Name: resource_services; Type: ROW SECURITY; Schema: booking; Owner: booking_owner
--

ALTER TABLE booking.resource_services ENABLE ROW LEVEL SECURITY;

--
-- Name: resources; Type: ROW SECURITY; Schema: booking; Owner: booking_owner
--

ALTER TABLE booking.resources ENABLE ROW LEVEL SECURITY;

--
-- Name: services; Type: ROW SECURITY; Schema: booking; Owner: booking_owner
--

ALTER TABLE booking.services ENABLE ROW LEVEL SECURITY;

--
-- Name: bookings tenant; Type: POLICY; Schema: booking; Owner: booking_owner
--

CREATE POLICY tenant ON booking.bookings USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: requests tenant; Type: POLICY; Schema: booking; Owner: booking_owner
--

CREATE POLICY tenant ON booking.requests USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: resource_services tenant; Type: POLICY; Schema: booking; Owner: booking_owner
--

CREATE POLICY tenant ON booking.resource_services USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: resources tenant; Type: POLICY; Schema: booking; Owner: booking_owner
--

CREATE POLICY tenant ON booking.resources USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: services tenant; Type: POLICY; Schema: booking; Owner: booking_owner
--

CREATE POLICY tenant ON booking.services USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: bookings; Type: ROW SECURITY; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE notifier.bookings ENABLE ROW LEVEL SECURITY;

--
-- Name: messages; Type: ROW SECURITY; Schema: notifier; Owner: notifier_owner
--

ALTER TABLE notifier.messages ENABLE ROW LEVEL SECURITY;

--
-- Name: bookings tenant; Type: POLICY; Schema: notifier; Owner: notifier_owner
--

CREATE POLICY tenant ON notifier.bookings USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: messages tenant; Type: POLICY; Schema: notifier; Owner: notifier_owner
--

CREATE POLICY tenant ON notifier.messages USING (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[])))) WITH CHECK (((( SELECT current_setting('app.tenant_ids'::text, true) AS current_setting) = '*'::text) OR (tenant_id = ANY ((( SELECT string_to_array(NULLIF(current_setting('app.tenant_ids'::text, true), '*'::text), ','::text) AS string_to_array))::uuid[]))));


--
-- Name: SCHEMA billing; Type: ACL; Schema: -; Owner: billing_owner
--

GRANT USAGE ON SCHEMA billing TO billing;
GRANT USAGE ON SCHEMA billing TO billing_reader;


--
-- Name: SCHEMA booking; Type: ACL; Schema: -; Owner: booking_owner
--

GRANT USAGE ON SCHEMA booking TO booking;
GRANT USAGE ON SCHEMA booking TO booking_reader;


--
-- Name: SCHEMA gateway; Type: ACL; Schema: -; Owner: gateway_owner
--

GRANT USAGE ON SCHEMA gateway TO gateway;
GRANT USAGE ON SCHEMA gateway TO gateway_reader;


--
-- Name: SCHEMA notifier; Type: ACL; Schema: -; Owner: notifier_owner
--

GRANT USAGE ON SCHEMA notifier TO notifier;
GRANT USAGE ON SCHEMA notifier TO notifier_reader;


--
-- Name: TABLE alembic_version; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT ON TABLE billing.alembic_version TO billing;


--
-- Name: COLUMN alembic_version.version_num; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(version_num) ON TABLE billing.alembic_version TO billing_reader;


--
-- Name: TABLE inbox; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.inbox TO billing;


--
-- Name: COLUMN inbox.consumer; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(consumer) ON TABLE billing.inbox TO billing_reader;


--
-- Name: COLUMN inbox.message_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(message_id) ON TABLE billing.inbox TO billing_reader;


--
-- Name: COLUMN inbox.handled_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(handled_at) ON TABLE billing.inbox TO billing_reader;


--
-- Name: TABLE outbox; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.outbox TO billing;


--
-- Name: COLUMN outbox.id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(id) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.type; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(type) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.subject; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(subject) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.correlation_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(correlation_id) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.causation_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(causation_id) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.occurred_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(occurred_at) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.claimed_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(claimed_at) ON TABLE billing.outbox TO billing_reader;


--
-- Name: COLUMN outbox.published_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(published_at) ON TABLE billing.outbox TO billing_reader;


--
-- Name: TABLE payments; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.payments TO billing;


--
-- Name: COLUMN payments.tenant_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(tenant_id) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(id) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.booking_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(booking_id) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.status; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(status) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.amount; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(amount) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.currency; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(currency) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.payment_intent_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(payment_intent_id) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.failure_code; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(failure_code) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.failed_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(failed_at) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.correlation_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(correlation_id) ON TABLE billing.payments TO billing_reader;


--
-- Name: COLUMN payments.created_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(created_at) ON TABLE billing.payments TO billing_reader;


--
-- Name: TABLE reconciliation; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.reconciliation TO billing;


--
-- Name: COLUMN reconciliation.account; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(account) ON TABLE billing.reconciliation TO billing_reader;


--
-- Name: COLUMN reconciliation.seen_until; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(seen_until) ON TABLE billing.reconciliation TO billing_reader;


--
-- Name: COLUMN reconciliation.leased_until; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(leased_until) ON TABLE billing.reconciliation TO billing_reader;


--
-- Name: TABLE refunds; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.refunds TO billing;


--
-- Name: COLUMN refunds.tenant_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(tenant_id) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(id) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.payment_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(payment_id) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.status; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(status) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.reason; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(reason) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.amount; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(amount) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.stripe_refund_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(stripe_refund_id) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.failure_code; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(failure_code) ON TABLE billing.refunds TO billing_reader;


--
-- Name: COLUMN refunds.created_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(created_at) ON TABLE billing.refunds TO billing_reader;


--
-- Name: TABLE stripe_events; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE billing.stripe_events TO billing;


--
-- Name: COLUMN stripe_events.account; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(account) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.event_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(event_id) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.type; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(type) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.api_version; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(api_version) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.payment_intent_id; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(payment_intent_id) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.state; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(state) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.reason; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(reason) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.attempts; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(attempts) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.next_try_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(next_try_at) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: COLUMN stripe_events.received_at; Type: ACL; Schema: billing; Owner: billing_owner
--

GRANT SELECT(received_at) ON TABLE billing.stripe_events TO billing_reader;


--
-- Name: TABLE alembic_version; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT ON TABLE booking.alembic_version TO booking;


--
-- Name: COLUMN alembic_version.version_num; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(version_num) ON TABLE booking.alembic_version TO booking_reader;


--
-- Name: TABLE bookings; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.bookings TO booking;


--
-- Name: COLUMN bookings.tenant_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(tenant_id) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(id) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.status; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(status) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.version; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(version) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.sequence; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(sequence) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.service_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(service_id) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.service_name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(service_name) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.resource_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(resource_id) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.resource_name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(resource_name) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.starts_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(starts_at) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.ends_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(ends_at) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.occupied; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(occupied) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.time_zone; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(time_zone) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.customer_name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(customer_name) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.customer_email; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(customer_email) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.customer_phone; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(customer_phone) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.notes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(notes) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.metadata; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(metadata) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.price_amount; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(price_amount) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.price_currency; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(price_currency) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.deposit_amount; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(deposit_amount) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.deposit_status; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(deposit_status) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.hold_expires_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(hold_expires_at) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.payment_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(payment_id) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.business_name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(business_name) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.cancellation_reason; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(cancellation_reason) ON TABLE booking.bookings TO booking_reader;


--
-- Name: COLUMN bookings.created_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(created_at) ON TABLE booking.bookings TO booking_reader;


--
-- Name: TABLE inbox; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.inbox TO booking;


--
-- Name: COLUMN inbox.consumer; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(consumer) ON TABLE booking.inbox TO booking_reader;


--
-- Name: COLUMN inbox.message_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(message_id) ON TABLE booking.inbox TO booking_reader;


--
-- Name: COLUMN inbox.handled_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(handled_at) ON TABLE booking.inbox TO booking_reader;


--
-- Name: TABLE outbox; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.outbox TO booking;


--
-- Name: COLUMN outbox.id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(id) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.type; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(type) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.subject; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(subject) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.correlation_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(correlation_id) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.causation_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(causation_id) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.occurred_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(occurred_at) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.claimed_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(claimed_at) ON TABLE booking.outbox TO booking_reader;


--
-- Name: COLUMN outbox.published_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(published_at) ON TABLE booking.outbox TO booking_reader;


--
-- Name: TABLE requests; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.requests TO booking;


--
-- Name: COLUMN requests.tenant_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(tenant_id) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(id) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.type; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(type) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.subject_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(subject_id) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.idempotency_key; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(idempotency_key) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.fingerprint; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(fingerprint) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.outcome; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(outcome) ON TABLE booking.requests TO booking_reader;


--
-- Name: COLUMN requests.created_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(created_at) ON TABLE booking.requests TO booking_reader;


--
-- Name: TABLE resource_services; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.resource_services TO booking;


--
-- Name: COLUMN resource_services.tenant_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(tenant_id) ON TABLE booking.resource_services TO booking_reader;


--
-- Name: COLUMN resource_services.service_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(service_id) ON TABLE booking.resource_services TO booking_reader;


--
-- Name: COLUMN resource_services.resource_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(resource_id) ON TABLE booking.resource_services TO booking_reader;


--
-- Name: TABLE resources; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.resources TO booking;


--
-- Name: COLUMN resources.tenant_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(tenant_id) ON TABLE booking.resources TO booking_reader;


--
-- Name: COLUMN resources.id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(id) ON TABLE booking.resources TO booking_reader;


--
-- Name: COLUMN resources.name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(name) ON TABLE booking.resources TO booking_reader;


--
-- Name: COLUMN resources.time_zone; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(time_zone) ON TABLE booking.resources TO booking_reader;


--
-- Name: COLUMN resources.weekly_hours; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(weekly_hours) ON TABLE booking.resources TO booking_reader;


--
-- Name: COLUMN resources.created_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(created_at) ON TABLE booking.resources TO booking_reader;


--
-- Name: TABLE services; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE booking.services TO booking;


--
-- Name: COLUMN services.tenant_id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(tenant_id) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.id; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(id) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.name; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(name) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.duration_minutes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(duration_minutes) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.price_amount; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(price_amount) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.price_currency; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(price_currency) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.buffer_before_minutes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(buffer_before_minutes) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.buffer_after_minutes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(buffer_after_minutes) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.deposit_percent; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(deposit_percent) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.minimum_notice_minutes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(minimum_notice_minutes) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.horizon_days; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(horizon_days) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.slot_step_minutes; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(slot_step_minutes) ON TABLE booking.services TO booking_reader;


--
-- Name: COLUMN services.created_at; Type: ACL; Schema: booking; Owner: booking_owner
--

GRANT SELECT(created_at) ON TABLE booking.services TO booking_reader;


--
-- Name: TABLE alembic_version; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT ON TABLE gateway.alembic_version TO gateway;


--
-- Name: COLUMN alembic_version.version_num; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(version_num) ON TABLE gateway.alembic_version TO gateway_reader;


--
-- Name: TABLE api_keys; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.api_keys TO gateway;


--
-- Name: COLUMN api_keys.id; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(id) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.tenant_id; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(tenant_id) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.name; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(name) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.scopes; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(scopes) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.created_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(created_at) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.expires_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(expires_at) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.revoked_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(revoked_at) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: COLUMN api_keys.last_used_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(last_used_at) ON TABLE gateway.api_keys TO gateway_reader;


--
-- Name: TABLE audit_log; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT,INSERT ON TABLE gateway.audit_log TO gateway;


--
-- Name: COLUMN audit_log.id; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(id) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.recorded_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(recorded_at) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.actor; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(actor) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.action; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(action) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.object; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(object) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.details; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(details) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.reason; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(reason) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: COLUMN audit_log.request_id; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(request_id) ON TABLE gateway.audit_log TO gateway_reader;


--
-- Name: TABLE tenants; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE gateway.tenants TO gateway;


--
-- Name: COLUMN tenants.id; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(id) ON TABLE gateway.tenants TO gateway_reader;


--
-- Name: COLUMN tenants.name; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(name) ON TABLE gateway.tenants TO gateway_reader;


--
-- Name: COLUMN tenants.created_at; Type: ACL; Schema: gateway; Owner: gateway_owner
--

GRANT SELECT(created_at) ON TABLE gateway.tenants TO gateway_reader;


--
-- Name: TABLE alembic_version; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT ON TABLE notifier.alembic_version TO notifier;


--
-- Name: COLUMN alembic_version.version_num; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(version_num) ON TABLE notifier.alembic_version TO notifier_reader;


--
-- Name: TABLE bookings; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifier.bookings TO notifier;


--
-- Name: COLUMN bookings.tenant_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(tenant_id) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.booking_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(booking_id) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.version; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(version) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.sequence; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(sequence) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.status; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(status) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.snapshot; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(snapshot) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: COLUMN bookings.updated_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(updated_at) ON TABLE notifier.bookings TO notifier_reader;


--
-- Name: TABLE inbox; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifier.inbox TO notifier;


--
-- Name: COLUMN inbox.consumer; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(consumer) ON TABLE notifier.inbox TO notifier_reader;


--
-- Name: COLUMN inbox.message_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(message_id) ON TABLE notifier.inbox TO notifier_reader;


--
-- Name: COLUMN inbox.handled_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(handled_at) ON TABLE notifier.inbox TO notifier_reader;


--
-- Name: TABLE job_heartbeats; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifier.job_heartbeats TO notifier;


--
-- Name: COLUMN job_heartbeats.name; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(name) ON TABLE notifier.job_heartbeats TO notifier_reader;


--
-- Name: COLUMN job_heartbeats.instance; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(instance) ON TABLE notifier.job_heartbeats TO notifier_reader;


--
-- Name: COLUMN job_heartbeats.beat_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(beat_at) ON TABLE notifier.job_heartbeats TO notifier_reader;


--
-- Name: COLUMN job_heartbeats.last_success_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(last_success_at) ON TABLE notifier.job_heartbeats TO notifier_reader;


--
-- Name: COLUMN job_heartbeats.details; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(details) ON TABLE notifier.job_heartbeats TO notifier_reader;


--
-- Name: TABLE messages; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifier.messages TO notifier;


--
-- Name: COLUMN messages.tenant_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(tenant_id) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(id) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.booking_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(booking_id) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.kind; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(kind) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.version; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(version) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.reminder_offset_minutes; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(reminder_offset_minutes) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.recipient; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(recipient) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.status; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(status) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.send_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(send_at) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.next_attempt_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(next_attempt_at) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.attempts; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(attempts) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.interruptions; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(interruptions) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.claimed_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(claimed_at) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.sent_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(sent_at) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.subject_data; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(subject_data) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.message_id_header; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(message_id_header) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.last_error; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(last_error) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.correlation_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(correlation_id) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.causation_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(causation_id) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: COLUMN messages.created_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(created_at) ON TABLE notifier.messages TO notifier_reader;


--
-- Name: TABLE outbox; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifier.outbox TO notifier;


--
-- Name: COLUMN outbox.id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(id) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.type; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(type) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.subject; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(subject) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.correlation_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(correlation_id) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.causation_id; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(causation_id) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.occurred_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(occurred_at) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.claimed_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(claimed_at) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: COLUMN outbox.published_at; Type: ACL; Schema: notifier; Owner: notifier_owner
--

GRANT SELECT(published_at) ON TABLE notifier.outbox TO notifier_reader;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: billing; Owner: billing_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE billing_owner IN SCHEMA billing GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO billing;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: booking; Owner: booking_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE booking_owner IN SCHEMA booking GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO booking;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: gateway; Owner: gateway_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE gateway_owner IN SCHEMA gateway GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO gateway;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: notifier; Owner: notifier_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE notifier_owner IN SCHEMA notifier GRANT SELECT,INSERT,DELETE,UPDATE ON TABLES TO notifier;


--
-- PostgreSQL database dump complete
--
