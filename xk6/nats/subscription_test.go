package nats

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

const twoClients = `
	const publisher = new Nats({servers: [URL]});
	const subscriber = new Nats({servers: [URL]});
`

// outside is a connection of the test's own, which scripts publish with by
// calling elsewhere(subject, text).
func (vu *testVU) elsewhere(srv *server.Server) *testVU {
	vu.t.Helper()
	conn := natstest.Connect(vu.t, srv)
	return vu.offer("elsewhere", func(subject, text string) {
		require.NoError(vu.t, conn.Publish(subject, []byte(text)))
		require.NoError(vu.t, conn.Flush())
	})
}

func TestSubscriptionDeliversWhatItsIterationPublished(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(twoClients)
	for range 3 {
		assert.Equal(t, []any{"returned", "a 1", "b 2"}, vu.iterate(`
			subscriber.subscribe("topic.*", (msg) => report(msg.topic.slice(6) + " " + msg.data));
			publisher.publish("topic.a", "1");
			publisher.publish("topic.b", "2");
			report("returned");
		`))
	}
	assert.Eventually(t, func() bool { return subscriptionsOn(srv, "topic.*") == 0 }, natstest.Timeout, pollInterval)
}

func subscriptionsOn(srv *server.Server, subject string) int {
	subs, err := srv.Subsz(&server.SubszOptions{Subscriptions: true, Account: "$G", Limit: 1000})
	if err != nil {
		return -1
	}
	count := 0
	for _, sub := range subs.Subs {
		if sub.Subject == subject {
			count++
		}
	}
	return count
}

func TestSubscriptionDeliversManyMessages(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	got := newVU(t, srv).init(twoClients).iterate(`
		subscriber.subscribe("topic", (msg) => report(msg.data));
		for (let i = 0; i < 1000; i++) publisher.publish("topic", String(i));
	`)
	require.Len(t, got, 1000)
	for i, text := range got {
		require.Equal(t, fmt.Sprint(i), text)
	}
}

func TestSubscriptionWithoutMessagesLetsTheIterationEnd(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	assert.Empty(t, newVU(t, srv).init(twoClients).iterate(`subscriber.subscribe("topic", report)`))
}

func TestSubscriptionCloses(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	got := newVU(t, srv).init(twoClients).iterate(`
		const subscription = subscriber.subscribe("topic", report);
		publisher.publish("topic", "text");
		subscription.close();
		subscription.close();
	`)
	assert.Empty(t, got)
	assert.Zero(t, subscriptionsOn(srv, "topic"))
}

func TestSubscriptionClosesInItsHandler(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	assert.Equal(t, []any{"1"}, newVU(t, srv).init(twoClients).iterate(`
		const subscription = subscriber.subscribe("topic", (msg) => { report(msg.data); subscription.close() });
		publisher.publish("topic", "1");
		publisher.publish("topic", "2");
	`))
}

func TestSubscriptionOfTheInitContext(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).elsewhere(srv).init(twoClients + `
		const subscription = subscriber.subscribe("topic", (msg) => report(msg.data));
		const other = new Nats({servers: [URL]});
		other.subscribe("topic", report);
		other.close();
	`)
	assert.Zero(t, srv.NumClients()-1, "the init context must not connect")
	assert.Equal(t, []any{"1"}, vu.iterate(`publisher.publish("topic", "1")`))
	assert.Equal(t, 1, subscriptionsOn(srv, "topic"))
	vu.iterate(`elsewhere("topic", "2")`)
	assert.Equal(t, []any{"2", "3"}, vu.iterate(`publisher.publish("topic", "3")`))
	assert.Empty(t, vu.iterate(`subscription.close(); publisher.publish("topic", "4")`))
}

func TestSubscriptionOfTheInitContextNeedsAServer(t *testing.T) {
	t.Parallel()
	vu := newVU(t, nil).init(`
		const nc = new Nats({servers: "127.0.0.1:1"});
		nc.subscribe("topic", () => {});
	`)
	for range 2 {
		assert.Contains(t, vu.failure(`nc.publish("topic", "text")`), "nats: connect to 127.0.0.1:1: ")
	}
}

func TestSubscriptionKeepsTheIterationAlive(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	got := newVU(t, srv).elsewhere(srv).init(twoClients).iterate(`
		let received = 0;
		const subscription = subscriber.subscribe("topic", (msg) => {
			report(msg.data);
			if (++received === 3) subscription.close();
		}, {keepAlive: true});
		setTimeout(() => elsewhere("topic", "1"), 5);
		setTimeout(() => elsewhere("topic", "2"), 10);
		setTimeout(() => elsewhere("topic", "3"), 15);
	`)
	assert.Equal(t, []any{"1", "2", "3"}, got)
}

func TestSubscriptionEndsWithTheIterationsContext(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(twoClients)
	vu.offer("interrupt", func() { go vu.cancel() })
	assert.Empty(t, vu.iterate(`
		subscriber.subscribe("topic", report, {keepAlive: true});
		interrupt();
	`))
	assert.Eventually(t, func() bool { return subscriptionsOn(srv, "topic") == 0 }, natstest.Timeout, pollInterval)
	assert.Equal(t, []any{"text"}, vu.iterate(`
		subscriber.subscribe("topic", (msg) => report(msg.data));
		publisher.publish("topic", "text");
	`))
}

func TestSubscriptionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	assert.Empty(t, newVU(t, srv).init(twoClients).iterate(`
		subscriber.subscribe("topic", report, {keepAlive: true});
		setTimeout(() => subscriber.close(), 5);
	`))
}

func TestSubscriptionWarnsOfMessagesNobodyWaitedFor(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).elsewhere(srv).init(twoClients)
	arrived := func() bool { return received(vu, "topic") > 0 }
	vu.offer("awaitArrival", func() { require.Eventually(t, arrived, natstest.Timeout, pollInterval) })
	vu.offer("delivering", func() bool { return vu.module.deliveries.busy })
	assert.Empty(t, vu.async(`
		subscriber.subscribe("topic", report);
		do await new Promise((resolve) => setTimeout(resolve, 1)); while (delivering());
		elsewhere("topic", "text");
		awaitArrival();
	`))
	warned := func() bool { return vu.logged(`nats: 1 messages on "topic" arrived`) }
	assert.Eventually(t, warned, natstest.Timeout, pollInterval)
	assert.Empty(t, vu.iterate(`subscriber.subscribe("other", report)`), "a late message must not reach a later iteration")
}

// received is how many messages wait for the VU's event loop.
func received(vu *testVU, subject string) int {
	for sub := range vu.module.deliveries.subs {
		if n, err := sub.core.Delivered(); err == nil && sub.subject == subject {
			return int(n)
		}
	}
	return 0
}

func TestHandlerFailureFailsTheIteration(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(twoClients)
	reported, err := vu.try(`
		subscriber.subscribe("topic", (msg) => { report(msg.data); throw new Error("handler failed") });
		publisher.publish("topic", "1");
		publisher.publish("topic", "2");
	`)
	assert.ErrorContains(t, err, "handler failed")
	assert.Equal(t, []any{"1"}, reported)
	reported, err = vu.try(`
		subscriber.subscribe("topic", (msg) => { report(msg.data); throw new Error("handler failed") }, {keepAlive: true});
		setTimeout(() => publisher.publish("topic", "3"), 5);
	`)
	assert.ErrorContains(t, err, "handler failed")
	assert.Equal(t, []any{"3"}, reported)
}

func TestSlowSubscriptionIsLogged(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(twoClients)
	vu.iterate(fmt.Sprintf(`
		subscriber.subscribe("topic", () => {});
		for (let i = 0; i < %d; i++) publisher.publish("topic", "x");
	`, deliveriesWaiting+1000))
	slow := func() bool {
		for _, entry := range vu.log.AllEntries() {
			if text, err := entry.String(); err == nil && strings.Contains(text, "slow consumer") {
				return entry.Data["subject"] == "topic"
			}
		}
		return false
	}
	assert.Eventually(t, slow, natstest.Timeout, pollInterval)
}

func TestJetStreamSubscription(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ retention, subject string }{
		"by subject":     {"limits", "s.a"},
		"by wildcard":    {"limits", "s.>"},
		"by stream name": {"limits", "mock"},
		"from a queue":   {"workqueue", "s.a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := natstest.Start(t)
			vu := newVU(t, srv).init(twoClients)
			body := fmt.Sprintf(`
				publisher.jetStreamSetup({name: "mock", subjects: ["s.>"], retention: %q});
				for (let i = 0; i < 300; i++) publisher.jetStreamPublish("s.a", String(i));
				let count = 0;
				const subscription = subscriber.jetStreamSubscribe(%q, (msg) => {
					if (msg.topic !== "s.a" || msg.data !== String(count++)) throw new Error(msg.data);
					if (count === 300) {
						subscription.close();
						report(publisher.jetStreamInfo("mock").consumers);
					}
				}, {keepAlive: true});
			`, test.retention, test.subject)
			assert.Equal(t, []any{int64(0)}, vu.iterate(body))
			if test.retention == "workqueue" {
				taken := func() bool { return vu.iterate(`report(publisher.jetStreamInfo("mock").messages)`)[0] == int64(0) }
				assert.Eventually(t, taken, natstest.Timeout, pollInterval, "handled messages must be acknowledged")
			}
		})
	}
}

func TestJetStreamSubscriptionThatNobodyCloses(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t)
	vu := newVU(t, srv).init(twoClients)
	vu.iterate(`publisher.jetStreamSetup({name: "q", subjects: ["q"], retention: "workqueue"})`)
	for range 3 { // a queue has room for one consumer: an iteration must clear away what the one before left
		vu.iterate(`subscriber.jetStreamSubscribe("q", () => {})`)
	}
}
