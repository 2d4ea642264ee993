// Ask ticketbridge something over RabbitMQ and print its answer. Needs amqplib.
//
// AMQP_URL=amqp://erp:secret@rabbit.example/vhost node ask.js order.create.v1 < data.json

const { randomUUID } = require("node:crypto");
const { readFileSync } = require("node:fs");
const amqp = require("amqplib");

const COMMANDS = "ticketbridge.commands";
const DIRECT_REPLY = "amq.rabbitmq.reply-to";

class Bridge {
  static async open(url) {
    const bridge = new Bridge();
    bridge.user = decodeURIComponent(new URL(url).username);
    bridge.waiting = new Map();
    bridge.connection = await amqp.connect(url);
    bridge.channel = await bridge.connection.createConfirmChannel();
    bridge.channel.on("return", (message) => bridge.settle(message.properties.messageId, null));
    await bridge.channel.consume(DIRECT_REPLY, (message) => bridge.answered(message), {
      noAck: true,
    });
    return bridge;
  }

  // Publish one command or query; resolves to the answer, or to null if none came in time.
  // No answer proves nothing: ask again with the same content and the same messageId.
  async ask(kind, data, messageId = randomUUID(), wait = 10_000) {
    const now = new Date().toISOString();
    const body = { id: messageId, type: kind, time: now, data: { received_at: now, ...data } };
    const answer = new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(messageId, undefined), wait);
      this.waiting.set(messageId, { resolve, timer, last: null });
    });
    this.channel.publish(COMMANDS, kind, Buffer.from(JSON.stringify(body)), {
      userId: this.user, // RabbitMQ vouches for it; without it the message is refused
      type: kind,
      messageId,
      correlationId: messageId,
      replyTo: DIRECT_REPLY,
      contentType: "application/json",
      persistent: true,
      mandatory: true,
    });
    await this.channel.waitForConfirms(); // rejects unless RabbitMQ has it
    return answer;
  }

  answered(message) {
    const outcome = JSON.parse(message.content.toString());
    const asker = this.waiting.get(message.properties.correlationId);
    if (!asker) return;
    asker.last = outcome; // how it stands so far, until the final one comes
    if (outcome.final) this.settle(message.properties.correlationId, outcome);
  }

  settle(messageId, outcome) {
    const asker = this.waiting.get(messageId);
    if (!asker) return;
    this.waiting.delete(messageId);
    clearTimeout(asker.timer);
    asker.resolve(outcome === undefined ? asker.last : outcome);
  }
}

async function main() {
  const bridge = await Bridge.open(process.env.AMQP_URL);
  const data = JSON.parse(readFileSync(0, "utf8"));
  console.log(JSON.stringify(await bridge.ask(process.argv[2], data, ...process.argv.slice(3))));
  await bridge.connection.close();
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

module.exports = { Bridge };
