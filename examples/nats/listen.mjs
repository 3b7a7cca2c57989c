// Hears a business' events: one line each, until Ctrl-C.
// NATS_URL says where NATS is, SUBSCRIBER_SEED is the key that `tidebook subscribers add NAME` printed.
//
//     node listen.mjs NAME BOOKING
import { jetstream } from "@nats-io/jetstream";
import { connect, nkeyAuthenticator } from "@nats-io/transport-node";

const [name, stream] = process.argv.slice(2);
const seed = new TextEncoder().encode(process.env.SUBSCRIBER_SEED);
const connection = await connect({ servers: process.env.NATS_URL, authenticator: nkeyAuthenticator(seed) });
const consumer = await jetstream(connection, { domain: "tidebook" }).consumers.get(stream, `subscriber-${name}`);
const handled = new Set(); // in a real program a table, written in the same transaction as what the event leads to
for await (const message of await consumer.consume({ max_messages: 10 })) {
  const event = message.json();
  if (!handled.has(event.id)) { // an event may come twice
    console.log(message.headers.get("ce-type"), JSON.stringify(event));
    handled.add(event.id);
  }
  message.ack(); // what is not acknowledged within 30 s comes again
}
