// An appointment is booked, paid, moved and called off, with types that were made from the API's document.
import { env } from "node:process";
import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./tidebook.d.ts";

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;
type Done<T> = Exclude<T, components["schemas"]["CommandAccepted"]>;
const api = createClient<paths>({ baseUrl: env.API_URL, headers: { Authorization: `Bearer ${env.API_KEY}` } });

// Asks until the answer is there (not 202) and done. Asking twice does nothing twice: writes have an Idempotency-Key.
async function wanted<T>(ask: () => Answer<T>, done = (_: Done<T>) => true, tries = 300): Promise<Done<T>> {
  const { data, error, response } = await ask();
  if (!error && response.status !== 202 && done(data as Done<T>)) return data as Done<T>;
  return error || !tries ? Promise.reject(error ?? data) : setTimeout(100).then(() => wanted(ask, done, tries - 1));
}

const service_id = (await wanted(() => api.GET("/v1/services"))).services.find((it) => it.deposit_percent > 0)!.id;
const [from, to] = [1, 8].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
const { slots } = await wanted(() => api.GET("/v1/availability", { params: { query: { service_id, from, to } } }));

const body = { service_id, starts_at: slots[0].starts_at, customer: { name: "Ada", email: "ada@example.com" } };
const wish = { body, params: { header: { "Idempotency-Key": crypto.randomUUID() } } };
const params = { path: { booking_id: (await wanted(() => api.POST("/v1/bookings", wish))).id } };

const paid = await wanted(() => api.GET("/v1/bookings/{booking_id}/payment", { params }), (it) => !!it.client_secret);
// What Stripe.js does in the customer's browser, with the client secret.
const headers = { Authorization: "Bearer sk_test_example" };
const card = { method: "POST", headers, body: new URLSearchParams({ payment_method: "pm_card_visa" }) };
await fetch(`${env.STRIPE_API_BASE}/v1/payment_intents/${paid.payment_intent_id}/confirm`, card);
await wanted(() => api.GET("/v1/bookings/{booking_id}", { params }), (it) => it.status === "confirmed");

const move = { ...params, header: { "Idempotency-Key": crypto.randomUUID() } };
const later = { starts_at: slots[1].starts_at };
await wanted(() => api.POST("/v1/bookings/{booking_id}/reschedule", { params: move, body: later }));
console.log((await wanted(() => api.POST("/v1/bookings/{booking_id}/cancel", { params }))).status);
