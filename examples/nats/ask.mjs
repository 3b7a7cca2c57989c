// Asks for one booking of a business and prints it.
// NATS_URL says where NATS is, SUBSCRIBER_SEED is the key that `tidebook subscribers add` printed.
//
//     node ask.mjs TENANT_ID BOOKING_ID
import { inflateSync } from "node:zlib";
import { connect, headers, nkeyAuthenticator } from "@nats-io/transport-node";

const [tenantId, bookingId] = process.argv.slice(2);
const seed = new TextEncoder().encode(process.env.SUBSCRIBER_SEED);
const connection = await connect({ servers: process.env.NATS_URL, authenticator: nkeyAuthenticator(seed) });
const patience = headers();
patience.set("Patience-Seconds", "5");
const question = JSON.stringify({ tenant_id: tenantId, booking_id: bookingId });
const reply = await connection.request(`rpc.booking.get_booking.v1.${tenantId}`, question, {
  timeout: 5000,
  headers: patience,
});
const body = reply.data[0] === 0x78 ? inflateSync(reply.data) : reply.data; // only long ones are deflated
const answer = JSON.parse(new TextDecoder().decode(body));
await connection.close();
if (answer.refusal) {
  console.error(`${answer.refusal.code}: ${answer.refusal.detail}`);
  process.exit(1);
}
console.log(JSON.stringify(answer.result, null, 2));
