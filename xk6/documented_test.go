package main

// documentedScripts are scripts in the style that the k6/x/nats API is
// documented with: clients made in the init context, handlers that check what
// they get, sleep to leave messages time, and no await.
var documentedScripts = []struct{ name, source, succeeded string }{
	{"publish and subscribe", `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		const natsConfig = {
			servers: [__ENV.NATS_URL],
			unsafe: true,
		};

		const publisher = new Nats(natsConfig);
		const subscriber = new Nats(natsConfig);

		export const options = { iterations: 2 };

		export function setup() {
		}

		export default function () {
			subscriber.subscribe('topic', (msg) => {
				check(msg, {
					'message': (m) => m.data === 'the message',
					'topic': (m) => m.topic === 'topic',
				});
			});
			sleep(0.1);
			publisher.publish('topic', 'the message');
			sleep(0.1);
		}

		export function teardown() {
			publisher.close();
			subscriber.close();
		}`, "100.00% 4 out of 4"},

	{"headers and bytes", `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		const nats = new Nats({ servers: [__ENV.NATS_URL] });

		export default function () {
			const subscription = nats.subscribe('topic', (msg) => {
				check(msg, {
					'payload': (m) => m.data === 'text' || m.raw.length === 3 && m.raw[2] === 3,
					'header': (m) => m.header['header1'] === 'value1',
					'headers': (m) => m.headers['header1'] === 'value1',
				});
			});
			nats.publishWithHeaders('topic', 'text', { 'header1': 'value1' });
			nats.publishMsg({ topic: 'topic', data: 'text', headers: { 'header1': 'value1' } });
			nats.publishMsg({ topic: 'topic', raw: [1, 2, 3], header: { 'header1': 'value1' } });
			sleep(0.1);
		}

		export function teardown() {
			nats.close();
		}`, "100.00% 9 out of 9"},

	{"closed subscription", `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		const nats = new Nats({ servers: [__ENV.NATS_URL] });

		export default function () {
			const subscription = nats.subscribe('topic', (msg) => {
				check(msg, { 'never': () => false });
			});
			subscription.close();
			nats.publish('topic', 'text');
			sleep(0.1);
			check(subscription, { 'is closed': () => true });
		}`, "100.00% 1 out of 1"},

	{"subscription of the init context", `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		const publisher = new Nats({ servers: [__ENV.NATS_URL] });
		const subscriber = new Nats({ servers: [__ENV.NATS_URL] });
		const subscription = subscriber.subscribe('topic', (msg) => {
			check(msg, { 'message': (m) => m.data === 'text' });
		});

		export const options = { iterations: 3 };

		export default function () {
			publisher.publish('topic', 'text');
			sleep(0.1);
		}

		export function teardown() {
			subscription.close();
			publisher.close();
			subscriber.close();
		}`, "100.00% 3 out of 3"},

	{"request", `
		import { Nats } from 'k6/x/nats';
		import { check, sleep } from 'k6';

		const natsClient = new Nats({
			servers: [__ENV.NATS_URL],
		});

		export default function () {
			const payload = {
				foo: 'bar',
			};
			const res = natsClient.request('echo', JSON.stringify(payload), { 'header1': 'value1' });
			check(res, {
				'data': (r) => JSON.parse(r.data).foo === 'bar',
				'headers': (r) => r.headers['header1'] === 'value1',
			});
		}`, "100.00% 2 out of 2"},

	{"JetStream", `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		const natsConfig = {
			servers: [__ENV.NATS_URL],
			unsafe: true,
		};

		const streamConfig = {
			name: "mock",
			subjects: ["foo"],
			max_msgs_per_subject: 100,
			discard: 0,
			storage: 1
		};

		const subscriber = new Nats(natsConfig);
		const publisher = new Nats(natsConfig);

		export default function () {
			publisher.jetStreamSetup(streamConfig);
			publisher.jetStreamPublish('foo', 'data');
			publisher.jetStreamPublishWithHeaders('foo', 'data', { 'header1': 'value1' });
			publisher.jetStreamPublishMsg({ topic: 'foo', data: 'data', headers: { 'header1': 'value1' } });
			publisher.jetStreamPublishMsg({ topic: 'foo', raw: [100, 97, 116, 97], headers: { 'header1': 'value1' } });

			subscriber.jetStreamSubscribe('mock', (msg) => {
				check(msg, {
					'message': (m) => m.data === 'data',
					'topic': (m) => m.topic === 'foo',
				});
			});
			sleep(2);
		}

		export function teardown() {
			subscriber.close();
			publisher.jetStreamDelete('mock');
			publisher.close();
		}`, "100.00% 8 out of 8"},
}
