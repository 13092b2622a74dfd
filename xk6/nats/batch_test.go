package nats

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

// batchResult is a BatchResult as JSON carries it.
type batchResult struct {
	Acked, Duplicates, Refused, Unknown      int
	SentAt                                   float64
	LatencySumMs, LatencyMinMs, LatencyMaxMs float64
	LatenciesMs                              map[string]float64
	Outcomes                                 []batchOutcome
}

type batchOutcome struct {
	Subject, Status   string
	Sequence          *uint64
	SentAt, LatencyMs *float64
	Error             *string
}

// publishBatch publishes one batch in an iteration of its own.
func (vu *testVU) publishBatch(arguments string) batchResult {
	vu.t.Helper()
	reported := vu.async(`report(JSON.stringify(await nc.jetStreamPublishBatch(` + arguments + `)))`)
	require.Len(vu.t, reported, 1)
	var result batchResult
	require.NoError(vu.t, json.Unmarshal([]byte(reported[0].(string)), &result))
	return result
}

func (r batchResult) counts() [4]int { return [4]int{r.Acked, r.Duplicates, r.Refused, r.Unknown} }

func (r batchResult) errors() []string {
	var texts []string
	for _, o := range r.Outcomes {
		if o.Error != nil {
			texts = append(texts, *o.Error)
		}
	}
	return texts
}

// batchVU is a VU with the client nc on a server with the stream s.
func batchVU(t *testing.T, adjust ...func(*server.Options)) (*testVU, *server.Server) {
	t.Helper()
	srv := natstest.Start(t, adjust...)
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], reconnectWait: 10})`)
	vu.iterate(`nc.jetStreamSetup({name: "s", subjects: ["s.>"], max_msg_size: 100})`)
	return vu, srv
}

func TestBatch(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	got := vu.publishBatch(`[
		{subject: "s.a", data: "1", id: "one"},
		{subject: "s.a", data: "1", id: "one"},
		{subject: "s.b", data: new Uint8Array([50]).buffer, headers: {h: "v"}},
		{subject: "other", data: "3"},
		{subject: "s.a", data: "4".repeat(200)},
	]`)
	assert.Equal(t, [4]int{2, 1, 2, 0}, got.counts())
	for i, want := range []struct {
		subject, status string
		sequence        uint64
		err             string
	}{
		{"s.a", "acked", 1, ""},
		{"s.a", "duplicate", 1, ""},
		{"s.b", "acked", 2, ""},
		{"other", "refused", 0, `nats: publish to "other" on %s: no responders (no stream captures this subject)`},
		{"s.a", "refused", 0, `nats: publish to "s.a" on %s: message size exceeds maximum allowed (JetStream error 10054)`},
	} {
		o := got.Outcomes[i]
		assert.Equal(t, want.subject, o.Subject)
		assert.Equal(t, want.status, o.Status)
		assert.GreaterOrEqual(t, *o.SentAt, got.SentAt)
		if want.err == "" {
			assert.Equal(t, want.sequence, *o.Sequence)
			assert.Positive(t, *o.LatencyMs)
			assert.Nil(t, o.Error)
		} else {
			assert.Nil(t, o.Sequence)
			assert.Nil(t, o.LatencyMs)
			assert.Equal(t, fmt.Sprintf(want.err, srv.ClientURL()), *o.Error)
		}
	}
	first, second, third := *got.Outcomes[0].LatencyMs, *got.Outcomes[1].LatencyMs, *got.Outcomes[2].LatencyMs
	assert.Equal(t, map[string]float64{"0": first, "1": second, "2": third}, got.LatenciesMs)
	assert.InDelta(t, first+second+third, got.LatencySumMs, 1e-6)
	assert.InDelta(t, min(first, second, third), got.LatencyMinMs, 1e-9)
	assert.InDelta(t, max(first, second, third), got.LatencyMaxMs, 1e-9)
}

func TestBatchResultProperties(t *testing.T) {
	t.Parallel()
	vu, _ := batchVU(t)
	got := vu.async(`
		const result = await nc.jetStreamPublishBatch([{subject: "s.a", data: "1"}, {subject: "s.a", data: "2"}]);
		report(result.latenciesMs instanceof Float64Array && result.latenciesMs.length === 2);
		report(result.latenciesMs === result.latenciesMs);
		report(result.outcomes === result.outcomes);
		report(result.outcomes.length);
		report(result.outcomes.map((o) => o.status).join());
		report(result.outcomes[2] === undefined && result.outcomes[-1] === undefined);
		result.outcomes[0] = 1;
		result.outcomes.length = 0;
		report(result.outcomes[0].sequence);
	`)
	assert.Equal(t, []any{true, true, true, int64(2), "acked,acked", true, int64(1)}, got)
}

func TestEmptyBatch(t *testing.T) {
	t.Parallel()
	vu, _ := batchVU(t)
	assert.Equal(t, [4]int{}, vu.publishBatch(`[]`).counts())
}

func TestBatchOverTheConnectionsLimit(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t, func(o *server.Options) { o.MaxPayload = 1024 })
	got := vu.publishBatch(`[{subject: "s.a", data: "x".repeat(2000)}, {subject: "s.a", data: "x"}]`)
	assert.Equal(t, [4]int{1, 0, 1, 0}, got.counts())
	assert.Equal(t, []string{fmt.Sprintf(
		`nats: publish to "s.a" on %s: maximum payload exceeded: 2000 bytes, the server takes 1024`, srv.ClientURL())}, got.errors())
	assert.Nil(t, got.Outcomes[0].SentAt)
}

func TestBatchKeepsTheOrder(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	vu.async(`
		let n = 0;
		const batch = (size) => Array.from({length: size}, () => ({subject: "s." + n % 3, data: String(n++)}));
		const pending = [];
		for (let i = 0; i < 10; i++) pending.push(nc.jetStreamPublishBatch(batch(50), {maxPending: i % 2 ? 7 : 1000}));
		for (const result of await Promise.all(pending)) if (result.acked !== 50) throw new Error("lost some");
	`)
	conn := natstest.Connect(t, srv)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	stream, err := js.Stream(context.Background(), "s")
	require.NoError(t, err)
	require.EqualValues(t, 500, stream.CachedInfo().State.Msgs)
	for sequence := uint64(1); sequence <= 500; sequence++ {
		msg, err := stream.GetMsg(context.Background(), sequence)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(sequence-1), string(msg.Data))
	}
}

func TestBatchWithoutAcknowledgement(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent") // somebody receives, so there are responders, but nobody answers
	got := vu.publishBatch(`[{subject: "silent", data: "1"}, {subject: "s.a", data: "2"}], {timeout: 200}`)
	assert.Equal(t, [4]int{1, 0, 0, 1}, got.counts())
	assert.Equal(t, []string{fmt.Sprintf(`nats: publish to "silent" on %s: no acknowledgement in time`, srv.ClientURL())}, got.errors())
	assert.Nil(t, got.Outcomes[0].LatencyMs)
	assert.Len(t, got.LatenciesMs, 1)
}

func TestBatchAnsweredBySomethingElse(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	for subject, answer := range map[string]string{"text": "thanks", "json": "{}"} {
		natstest.Answer(t, srv, subject, func(*nats.Msg) *nats.Msg { return &nats.Msg{Data: []byte(answer)} })
	}
	got := vu.publishBatch(`[{subject: "text", data: "1"}, {subject: "json", data: "2"}]`)
	assert.Equal(t, [4]int{0, 0, 2, 0}, got.counts())
	assert.Contains(t, got.errors()[0], "the answer is not a JetStream acknowledgement")
}

func TestBatchBeyondMaxPending(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	got := vu.publishBatch(`[
		{subject: "silent", data: "1"}, {subject: "silent", data: "2"}, {subject: "s.a", data: "3"},
	], {timeout: 100, maxPending: 2}`)
	assert.Equal(t, [4]int{0, 0, 1, 2}, got.counts())
	assert.Equal(t, fmt.Sprintf(`nats: publish to "s.a" on %s: not sent: no acknowledgement in time`, srv.ClientURL()), got.errors()[2])
	assert.Nil(t, got.Outcomes[2].SentAt)
}

func TestBatchWhenTheServerStops(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	vu.offer("stopServer", func() { natstest.Stop(srv) })
	got := vu.async(`
		const pending = nc.jetStreamPublishBatch([{subject: "silent", data: "1"}, {subject: "silent", data: "2"}], {timeout: 60000});
		stopServer();
		const result = await pending;
		report(result.unknown);
		report(result.outcomes[0].error);
		const later = await nc.jetStreamPublishBatch([{subject: "silent", data: "3"}], {timeout: 60000});
		report(later.refused);
		report(later.outcomes[0].sentAt);
		report(later.outcomes[0].error);
	`)
	assert.Equal(t, int64(2), got[0])
	assert.Contains(t, got[1], fmt.Sprintf(`nats: publish to "silent" on %s: connection lost: `, srv.ClientURL()))
	assert.Equal(t, []any{int64(1), nil, fmt.Sprintf(`nats: publish to "silent" on %s: not connected`, srv.ClientURL())}, got[2:])
}

func TestBatchWhenTheClientCloses(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	got := vu.async(`
		const pending = nc.jetStreamPublishBatch([{subject: "silent", data: "1"}], {timeout: 60000});
		nc.close();
		report((await pending).outcomes[0].error);
	`)
	assert.Equal(t, []any{fmt.Sprintf(`nats: publish to "silent" on %s: connection lost: connection closed`, srv.ClientURL())}, got)
}

func TestBatchWhenTheIterationEnds(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	vu.offer("interrupt", func() { vu.cancel() })
	got := vu.async(`
		const message = {subject: "silent", data: "1"};
		const pending = nc.jetStreamPublishBatch([message], {timeout: 60000});
		interrupt();
		report((await pending).outcomes[0].error);
		report((await nc.jetStreamPublishBatch([message, message], {timeout: 60000, maxPending: 1})).acked);
	`)
	assert.Equal(t, []any{
		fmt.Sprintf(`nats: publish to "silent" on %s: the iteration ended before the acknowledgement`, srv.ClientURL()), int64(0),
	}, got)
}

func TestBatchErrors(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	for arguments, want := range map[string]string{
		``:                    `want an array of messages, got nothing`,
		`[{data: "x"}]`:       `message 0: the subject is missing: want a string`,
		`[], {timeout: -1}`:   `option "timeout": want a number of milliseconds above 0, got -1`,
		`[], {maxPending: 0}`: `option "maxPending": want a whole number above 0, got 0`,
		`[], {timeoutMs: 5}`:  `option "timeoutMs": unknown, want one of maxPending, timeout`,
	} {
		assert.Equal(t, "nats: publish a batch on "+srv.ClientURL()+": "+want,
			vu.failure(`await nc.jetStreamPublishBatch(`+arguments+`)`))
	}
	assert.Equal(t, "nats: connect to 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused",
		vu.failure(`await new Nats({servers: "127.0.0.1:1"}).jetStreamPublishBatch([])`))
}

func TestAckInboxIgnoresStrangers(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	conn := natstest.Connect(t, srv)
	inbox, err := conn.SubscribeSync("silent")
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	vu.offer("interfere", func() {
		reply := natstest.Next(t, inbox).Reply
		prefix := reply[:len(reply)-len("2.0")]
		for _, token := range []string{"", "x", "2", "2.", "2.9", "2.0.0", "9.0", "!.0", "2.-1"} {
			require.NoError(t, conn.Publish(prefix+token, []byte(`{"stream":"s","seq":1}`)))
		}
		require.NoError(t, conn.Publish(reply, []byte(`{"stream":"s","seq":7}`)))
		require.NoError(t, conn.Publish(reply, []byte(`{"stream":"s","seq":8}`)))
	})
	got := vu.async(`
		await nc.jetStreamPublishBatch([]);
		const pending = nc.jetStreamPublishBatch([{subject: "silent", data: "1"}]);
		interfere();
		report((await pending).outcomes[0].sequence);
	`)
	assert.Equal(t, []any{int64(7)}, got)
}
