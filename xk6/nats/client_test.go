package nats

import (
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"throughline.dev/xk6/internal/natstest"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]nats.Msg{
		`nc.publish("topic", "text")`:                                    {Data: []byte("text")},
		`nc.publish("topic", new Uint8Array([1, 2]).buffer)`:             {Data: []byte{1, 2}},
		`nc.publishWithHeaders("topic", "text", {a: "b"})`:               {Data: []byte("text"), Header: nats.Header{"a": {"b"}}},
		`nc.publishMsg({topic: "topic", data: "x"})`:                     {Data: []byte("x")},
		`nc.publishMsg({topic: "topic", raw: [0, 1], header: {a: "b"}})`: {Data: []byte{0, 1}, Header: nats.Header{"a": {"b"}}},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			srv := natstest.Start(t)
			outside := natstest.Observe(t, srv, "topic")
			newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`).iterate(body)
			got := natstest.Next(t, outside)
			assert.Equal(t, want.Data, got.Data)
			assert.Equal(t, want.Header, got.Header)
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	natstest.Answer(t, srv, "echo", natstest.Echo)

	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	assert.Equal(t, []any{"hello", "v"}, vu.iterate(`
		const answer = nc.request("echo", "hello", {h: "v"});
		report(answer.data);
		report(answer.headers.h);
	`))
	assert.Equal(t,
		fmt.Sprintf(`nats: request to "nobody" on %s: no responders (nobody answers on this subject)`, srv.ClientURL()),
		vu.failure(`nc.request("nobody", "hello")`))
}

func TestClientConnectsWhenFirstUsed(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	assert.Zero(t, srv.NumClients())
	vu.iterate(`nc.publish("topic", "text")`)
	assert.Equal(t, 1, srv.NumClients())
}

func TestClientInTheInitContext(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	outside := natstest.Observe(t, srv, "topic")
	newVU(t, srv).init(`
		const nc = new Nats({servers: [URL]});
		nc.jetStreamSetup({name: "s", subjects: ["s.>"], storage: "memory"});
		nc.publish("topic", "text");
	`).iterate(`nc.jetStreamPublish("s.a", "text"); nc.close()`)
	assert.Equal(t, "text", string(natstest.Next(t, outside).Data))
}

func TestClose(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(`
		const used = new Nats({servers: [URL]});
		const unused = new Nats({servers: [URL]});
	`)
	vu.iterate(`
		used.publish("topic", "text");
		used.subscribe("topic", () => {});
		used.close();
		used.close();
		unused.close();
	`)
	assert.Eventually(t, func() bool { return srv.NumClients() == 0 }, natstest.Timeout, pollInterval)
	for _, client := range []string{"used", "unused"} {
		assert.Equal(t, fmt.Sprintf("nats: client of %s: already closed", srv.ClientURL()),
			vu.failure(client+`.publish("topic", "text")`))
	}
}

func TestPublishErrors(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) { o.MaxPayload = 1024 })
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL]})`)
	for body, want := range map[string]string{
		`nc.publish()`:                             `nats: publish on %s: the subject is missing: want a string`,
		`nc.publish("a b", "x")`:                   `nats: publish to "a b" on %s: invalid subject`,
		`nc.publish("topic")`:                      `nats: publish on %s: the payload is missing`,
		`nc.publish("topic", "x".repeat(2000))`:    `nats: publish to "topic" on %s: maximum payload exceeded: 2000 bytes, the server takes 1024`,
		`nc.publishWithHeaders("topic", "x", "h")`: `nats: publish on %s: the headers are "h": want an object of names and values`,
		`nc.publishMsg({topic: "topic"})`:          `nats: publish on %s: the payload is missing`,
		`nc.request("topic")`:                      `nats: request on %s: the payload is missing`,
		`nc.subscribe("topic")`:                    `nats: subscribe to "topic" on %s: the handler is not a function`,
		`nc.subscribe(undefined, () => {})`:        `nats: subscribe on %s: the subject is missing: want a string`,
		`nc.subscribe("a b", () => {})`:            `nats: subscribe to "a b" on %s: invalid subject`,
		`nc.subscribe("a", () => {}, {keep: 1})`:   `nats: subscribe to "a" on %s: option "keep": unknown, want one of keepAlive`,
	} {
		assert.Equal(t, fmt.Sprintf(want, srv.ClientURL()), vu.failure(body))
	}
}

func TestErrorsHoldNoCredentials(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) { o.Username, o.Password = "me", "right" })
	address := srv.Addr().String()
	vu := newVU(t, nil).init("")
	for options, want := range map[string]string{
		`{servers: ["nats://me:wrong@` + address + `"]}`: "nats: connect to nats://" + address + ": Authorization Violation",
		`{servers: ["wrong@` + address + `"]}`:           "nats: connect to " + address + ": Authorization Violation",
		`{servers: ["` + address + `"], token: "wrong"}`: "nats: connect to " + address + ": Authorization Violation",
		`{servers: ["nats://me:wrong@127.0.0.1:1"]}`:     "nats: connect to nats://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
	} {
		assert.Equal(t, want, vu.failure(`new Nats(`+options+`).publish("topic", "text")`))
	}
}
