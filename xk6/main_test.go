package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

// asK6 makes this test binary the k6 that main is.
const asK6 = "RUN_AS_K6"

func TestMain(m *testing.M) {
	if os.Getenv(asK6) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// k6 runs the command line and returns what it printed. An extension that had
// to be fetched would fail: there is nowhere to fetch it from.
func k6(t *testing.T, args ...string) (output string, exitCode int) {
	t.Helper()
	run := exec.Command(os.Args[0], append(args, "--address=")...)
	run.Dir = t.TempDir()
	run.Env = append(os.Environ(), asK6+"=1", "K6_NO_USAGE_REPORT=true", "K6_BUILD_SERVICE_URL=http://127.0.0.1:1")
	var out bytes.Buffer
	run.Stdout, run.Stderr = &out, &out
	if err := run.Run(); err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, out.String())
		exitCode = exit.ExitCode()
	}
	return out.String(), exitCode
}

func scriptFile(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script.js")
	require.NoError(t, os.WriteFile(path, []byte(script), 0o600))
	return path
}

func TestVersion(t *testing.T) {
	t.Parallel()
	output, exitCode := k6(t, "version")
	assert.Zero(t, exitCode, output)
	assert.Contains(t, output, "k6/x/nats [js]")
	assert.Contains(t, output, "k6/x/redis [js]")
}

func TestRedis(t *testing.T) {
	t.Parallel()
	srv := miniredis.RunT(t)
	output, exitCode := k6(t, "run", "--quiet", "-e", "REDIS_URL=redis://"+srv.Addr(), scriptFile(t, `
		import { Client } from "k6/x/redis";
		const redis = new Client(__ENV.REDIS_URL);
		export default async function () {
			await redis.sendCommand("XADD", "stream", "*", "field", "value");
		}`))
	assert.Zero(t, exitCode, output)
	entries, err := srv.Stream("stream")
	require.NoError(t, err)
	assert.Len(t, entries, 1, output)
}

func TestDocumentedScripts(t *testing.T) {
	t.Parallel()
	for _, script := range documentedScripts {
		t.Run(script.name, func(t *testing.T) {
			t.Parallel()
			srv := natstest.Start(t)
			natstest.Answer(t, srv, "echo", natstest.Echo)
			output, exitCode := k6(t, "run", "--quiet", "-e", "NATS_URL="+srv.ClientURL(), scriptFile(t, script.source))
			assert.Zero(t, exitCode, output)
			assert.Contains(t, output, script.succeeded)
			assert.NotContains(t, output, "level=error")
			assert.NotContains(t, output, "level=warning")
		})
	}
}

func TestInspectAndArchiveNeedNoServer(t *testing.T) {
	t.Parallel()
	for _, script := range documentedScripts {
		t.Run(script.name, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"inspect", "archive"} {
				output, exitCode := k6(t, command, "-e", "NATS_URL=nats://127.0.0.1:1", scriptFile(t, script.source))
				assert.Zero(t, exitCode, output)
			}
		})
	}
}

func TestBatchesFromManyVUs(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	output, exitCode := k6(t, "run", "--quiet", "-e", "NATS_URL="+srv.ClientURL(), scriptFile(t, `
		import { Counter } from "k6/metrics";
		import { Nats, totals } from "k6/x/nats";

		export const options = {
			vus: 4,
			iterations: 20,
			thresholds: { acked: ["count==1000"], total: ["count==1000"], stored: ["count==1000"], data_sent: ["count>600000"] },
		};
		const acked = new Counter("acked");
		const total = new Counter("total");
		const stored = new Counter("stored");
		const nats = new Nats({ servers: [__ENV.NATS_URL] });

		export function setup() {
			nats.jetStreamSetup({ name: "s", subjects: ["s.>"] });
		}
		export default async function () {
			const messages = [];
			for (let i = 0; i < 50; i++) {
				messages.push({ subject: "s.a", id: __VU + "-" + __ITER + "-" + i, data: "x".repeat(600) });
			}
			acked.add((await nats.jetStreamPublishBatch(messages)).acked);
		}
		export function teardown() {
			total.add(totals().acked);
			stored.add(nats.jetStreamInfo("s").messages);
		}`))
	assert.Zero(t, exitCode, output)
	assert.NotContains(t, output, "level=error")
}
