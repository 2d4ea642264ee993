// Print the order events of ticketbridge, one JSON object a line. Needs amqplib.
//
// AMQP_URL=amqp://wms:secret@rabbit.example/vhost node listen.js "order.*.k" [HOW_MANY]

const amqp = require("amqplib");

const EVENTS = "ticketbridge.events";

// Give every event to take() until it returns false; acknowledge it afterwards.
async function listen(url, topics, take) {
  const connection = await amqp.connect(url);
  const channel = await connection.createChannel();
  const queue = `events.${decodeURIComponent(new URL(url).username)}.all`;
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  for (const topic of topics) await channel.bindQueue(queue, EVENTS, topic);
  await channel.prefetch(20);
  await new Promise((resolve) => {
    let over = false;
    channel.consume(queue, async (message) => {
      if (over) return;
      // An event may come twice: its id (order_num:version) is the same both times.
      over = !(await take(JSON.parse(message.content.toString())));
      channel.ack(message);
      if (over) resolve();
    });
  });
  await channel.close();
  await connection.close();
}

if (require.main === module) {
  let left = Number(process.argv[3] ?? Infinity);
  listen(process.env.AMQP_URL, [process.argv[2]], (event) => {
    console.log(JSON.stringify(event));
    left -= 1;
    return left > 0;
  }).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

module.exports = { listen };
