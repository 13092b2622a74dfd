package nats

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/cmd"
)

// asK6 makes this test binary the k6 it is linked with.
const asK6 = "RUN_AS_K6"

func TestMain(m *testing.M) {
	if os.Getenv(asK6) != "" {
		cmd.Execute()
		return
	}
	os.Exit(m.Run())
}

// k6 runs the k6 command line on a script and returns what it printed. An
// extension that had to be fetched would fail: there is nowhere to fetch from.
func k6(t *testing.T, srv *server.Server, command, script string, args ...string) (output string, exitCode int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.js")
	require.NoError(t, os.WriteFile(path, []byte(script), 0o600))
	run := exec.Command(os.Args[0], append([]string{command, path, "--address="}, args...)...)
	run.Dir = filepath.Dir(path)
	run.Env = append(os.Environ(), asK6+"=1", "K6_NO_USAGE_REPORT=true", "K6_BUILD_SERVICE_URL=http://127.0.0.1:1")
	if srv != nil {
		run.Env = append(run.Env, "NATS_URL="+srv.ClientURL())
	}
	var out bytes.Buffer
	run.Stdout, run.Stderr = &out, &out
	if err := run.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, out.String())
		exitCode = exit.ExitCode()
	}
	return out.String(), exitCode
}

// documented holds scripts in the style that the API of the k6/x/nats module is
// documented with. Thresholds make k6 exit with an error unless all checks were
// made and hold.
var documented = map[string]string{
	"publish and subscribe": `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		export const options = { thresholds: { checks: ['rate==1'], 'checks{subject:topic}': ['rate==1'], iterations: ['count==2'] }, vus: 1, iterations: 2 };

		const natsConfig = { servers: [__ENV.NATS_URL], unsafe: true };
		const publisher = new Nats(natsConfig);
		const subscriber = new Nats(natsConfig);

		export function setup() {
		}

		export default function () {
			subscriber.subscribe('topic', (msg) => {
				check(msg, {
					'message': (m) => m.data === 'the message',
					'topic': (m) => m.topic === 'topic',
				}, { subject: 'topic' });
			});
			sleep(0.1);
			publisher.publish('topic', 'the message');
			sleep(0.1);
		}

		export function teardown() {
			publisher.close();
			subscriber.close();
		}`,

	"headers and bytes": `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		export const options = { thresholds: { checks: ['rate==1'], 'checks{kind:text}': ['rate==1'], 'checks{kind:raw}': ['rate==1'] } };

		const nats = new Nats({ servers: [__ENV.NATS_URL] });

		export default function () {
			const subscription = nats.subscribe('topic', (msg) => {
				if (msg.data === 'text') {
					check(msg, {
						'header': (m) => m.header['header1'] === 'value1',
						'headers': (m) => m.headers['header1'] === 'value1',
					}, { kind: 'text' });
				} else {
					check(msg, { 'raw': (m) => m.raw.length === 3 && m.raw[2] === 3 }, { kind: 'raw' });
				}
			});
			nats.publishWithHeaders('topic', 'text', { 'header1': 'value1' });
			nats.publishMsg({ topic: 'topic', data: 'text', headers: { 'header1': 'value1' } });
			nats.publishMsg({ topic: 'topic', raw: [1, 2, 3], headers: { 'header1': 'value1' } });
			sleep(0.1);
		}

		export function teardown() {
			nats.close();
		}`,

	"request and reply": `
		import { check } from 'k6';
		import { Nats } from 'k6/x/nats';

		export const options = { thresholds: { checks: ['rate==1'], 'checks{kind:reply}': ['rate==1'] } };

		const client = new Nats({ servers: [__ENV.NATS_URL] });

		export default function () {
			const res = client.request('echo', JSON.stringify({ foo: 'bar' }), { 'header1': 'value1' });
			check(res, {
				'data': (r) => JSON.parse(r.data).foo === 'bar',
				'headers': (r) => r.headers['header1'] === 'value1',
			}, { kind: 'reply' });
		}`,

	"JetStream": `
		import { check, sleep } from 'k6';
		import { Nats } from 'k6/x/nats';

		export const options = { thresholds: { checks: ['rate==1'], 'checks{stream:mock}': ['rate==1'] } };

		const natsConfig = { servers: [__ENV.NATS_URL], unsafe: true };
		const streamConfig = { name: "mock", subjects: ["foo"], max_msgs_per_subject: 100, discard: 0, storage: 1 };

		const subscriber = new Nats(natsConfig);
		const publisher = new Nats(natsConfig);

		export default function () {
			publisher.jetStreamSetup(streamConfig);
			publisher.jetStreamPublish('foo', 'data');
			publisher.jetStreamPublishWithHeaders('foo', 'data', { 'header1': 'value1' });
			publisher.jetStreamPublishMsg({ topic: 'foo', data: 'data', headers: { 'header1': 'value1' } });
			publisher.jetStreamPublishMsg({ topic: 'foo', raw: [100, 97, 116, 97], headers: { 'header1': 'value1' } });

			let received = 0;
			const subscription = subscriber.jetStreamSubscribe('mock', (msg) => {
				received++;
				check(msg, {
					'message': (m) => m.data === 'data',
					'topic': (m) => m.topic === 'foo',
					'no fifth message': () => received <= 4,
				}, { stream: 'mock' });
			});
			sleep(0.5);
		}

		export function teardown() {
			subscriber.close();
			publisher.jetStreamDelete('mock');
			publisher.close();
		}`,
}

func TestDocumentedScriptsRun(t *testing.T) {
	t.Parallel()
	for name, script := range documented {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := startServer(t)
			echo(t, srv)
			output, exitCode := k6(t, srv, "run", script, "--quiet")
			assert.Zero(t, exitCode, output)
			assert.NotContains(t, output, "level=error")
			assert.NotContains(t, output, "level=warning")
		})
	}
}

func TestScriptsAreInspectedAndArchivedWithoutAServer(t *testing.T) {
	t.Parallel()
	for name, script := range documented {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"inspect", "archive"} {
				output, exitCode := k6(t, nil, command, script, "-e", "NATS_URL=127.0.0.1:1")
				assert.Zero(t, exitCode, output)
			}
		})
	}
}

func TestBatchesFromManyVUs(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	output, exitCode := k6(t, srv, "run", `
		import { Counter } from 'k6/metrics';
		import { Nats, totals } from 'k6/x/nats';

		const acked = new Counter('acked');
		export const options = { vus: 4, iterations: 20, thresholds: { acked: ['count==1000'], totals: ['count==1000'], data_sent: ['count>600000'] } };
		const total = new Counter('totals');
		const nats = new Nats({ servers: [__ENV.NATS_URL] });

		export function setup() {
			nats.jetStreamSetup({ name: 's', subjects: ['s.>'] });
		}
		export default async function () {
			const messages = [];
			for (let i = 0; i < 50; i++) messages.push({ subject: 's.a', id: __VU + '-' + __ITER + '-' + i, data: 'x'.repeat(600) });
			acked.add((await nats.jetStreamPublishBatch(messages)).acked);
		}
		export function teardown() {
			total.add(totals().acked);
			if (nats.jetStreamInfo('s').messages !== 1000) throw new Error('the stream differs');
		}`, "--quiet")
	assert.Zero(t, exitCode, output)
	assert.NotContains(t, output, "level=error")
}
