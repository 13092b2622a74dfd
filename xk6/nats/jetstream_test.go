package nats

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"throughline.dev/xk6/internal/natstest"
)

func TestStream(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)

	assert.Equal(t, []any{"s", "s.>,t", int64(0), int64(0), int64(0), int64(0)}, vu.iterate(`
		nc.jetStreamSetup({name: "s", subjects: ["s.>"]});
		nc.jetStreamSetup({name: "s", subjects: ["s.>", "t"]});
		const info = nc.jetStreamInfo("s");
		report(info.name);
		report(info.subjects.join());
		report(info.messages);
		report(info.firstSequence);
		report(info.lastSequence);
		report(info.consumers);
	`))
	assert.Equal(t, []any{int64(2), true, int64(1), int64(2), int64(1)}, vu.iterate(`
		nc.jetStreamPublish("s.a", "1");
		nc.jetStreamPublish("s.b", "2");
		nc.jetStreamSubscribe("s.b", () => {});
		const info = nc.jetStreamInfo("s");
		report(info.messages);
		report(info.bytes > 0);
		report(info.firstSequence);
		report(info.lastSequence);
		report(info.consumers);
	`))
	missing := fmt.Sprintf(`stream "s" on %s: stream not found (JetStream error 10059)`, srv.ClientURL())
	vu.iterate(`nc.jetStreamDelete("s")`)
	assert.Equal(t, "nats: read "+missing, vu.failure(`nc.jetStreamInfo("s")`))
	assert.Equal(t, "nats: delete "+missing, vu.failure(`nc.jetStreamDelete("s")`))
}

func TestStreamErrors(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	vu.iterate(`nc.jetStreamSetup({name: "s", subjects: ["s.>"]})`)
	for body, want := range map[string]string{
		`nc.jetStreamSetup({name: "t", subjects: ["s.a"]})`: `nats: set up stream "t" on %s: subjects overlap with an existing stream (JetStream error 10065)`,
		`nc.jetStreamSetup({subjects: ["s.a"]})`:            `nats: set up a stream on %s: the stream has no name`,
		`nc.jetStreamSubscribe("other", () => {})`:          `nats: subscribe to "other" on %s: stream not found (JetStream error 10059)`,
		`nc.jetStreamSubscribe("other.>", () => {})`:        `nats: subscribe to "other.>" on %s: stream not found (JetStream error 10059)`,
	} {
		assert.Equal(t, fmt.Sprintf(want, srv.ClientURL()), vu.failure(body))
	}
}

func TestServerWithoutJetStream(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) { o.JetStream = false })
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	assert.Equal(t, fmt.Sprintf(`nats: publish to "s.a" on %s: no responders (no stream captures this subject)`, srv.ClientURL()),
		vu.failure(`nc.jetStreamPublish("s.a", "x")`))
	assert.Contains(t, vu.failure(`nc.jetStreamInfo("s")`), fmt.Sprintf(`nats: read stream "s" on %s: `, srv.ClientURL()))
}

func TestJetStreamPublish(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) { o.MaxPayload = 1024 })
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	vu.iterate(`nc.jetStreamSetup({name: "s", subjects: ["s.>"], max_msg_size: 100})`)
	outside := natstest.Observe(t, srv, "s.>")

	assert.Equal(t, []any{int64(1), int64(2), int64(3), int64(4), int64(4), true, true}, vu.iterate(`
		report(nc.jetStreamPublish("s.a", "1").sequence);
		report(nc.jetStreamPublishWithHeaders("s.a", "2", {h: "v"}).sequence);
		report(nc.jetStreamPublishMsg({topic: "s.a", raw: [51], headers: {h: "v"}}).sequence);
		const once = () => nc.jetStreamPublishWithHeaders("s.a", "4", {"Nats-Msg-Id": "id"});
		report(once().sequence);
		const again = once();
		report(again.sequence);
		report(again.duplicate);
		report(again.latencyMs > 0);
	`))
	for i, header := range []string{"", "v", "v"} {
		msg := natstest.Next(t, outside)
		assert.Equal(t, fmt.Sprint(i+1), string(msg.Data))
		assert.Equal(t, header, msg.Header.Get("h"))
	}

	for body, want := range map[string]string{
		`nc.jetStreamPublish("other", "x")`:            `nats: publish to "other" on %s: no responders (no stream captures this subject)`,
		`nc.jetStreamPublish("s.a", "x".repeat(200))`:  `nats: publish to "s.a" on %s: message size exceeds maximum allowed (JetStream error 10054)`,
		`nc.jetStreamPublish("s.a", "x".repeat(2000))`: `nats: publish to "s.a" on %s: maximum payload exceeded: 2000 bytes, the server takes 1024`,
		`nc.jetStreamPublish("s.a")`:                   `nats: publish on %s: the payload is missing`,
		`nc.jetStreamPublishMsg("s.a")`:                `nats: publish on %s: want a message object, got "s.a"`,
	} {
		assert.Equal(t, fmt.Sprintf(want, srv.ClientURL()), vu.failure(body))
	}
}
