package nats

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"throughline.dev/xk6/internal/natstest"
)

const seriesTemplate = `
	const template = new Template({seed: 9, variants: ["s.a", "s.b"].map((subject) => ({subject, pieces: [
		subject, " ", {slot: "number"}, " ", {slot: "identity", spelling: "text"}]}))});
`

// Every event is stored once, on its subject, in order, and stamped with the
// corrected time at which it was sent.
func TestSeries(t *testing.T) {
	t.Parallel()
	vu, _ := batchVU(t)
	got := vu.async(seriesTemplate + `
		const events = {run: 1, publisher: 2, firstSeq: 10, count: 300, clockCorrection: -60000.25};
		const before = Date.now();
		const result = await nc.jetStreamPublishSeries(template, events, {timeout: 5000, maxPending: 7});
		const after = Date.now();
		report([result.acked, result.duplicates, result.refused, result.unknown].join());
		report(result.latenciesMs.length);
		report(result.outcomes[299].subject === template.write({run: 1, publisher: 2, seq: 309, publishedAt: 1}).subject);
		const seqs = [];
		const stamps = [];
		const subscription = nc.jetStreamSubscribe("s", ({topic, data}) => {
			const [subject, seq, id] = data.split(" ");
			const publishedAt = Number(id.slice(4, 20)) / 1000;
			const {data: again} = template.write({run: 1, publisher: 2, seq: Number(seq), publishedAt});
			if (topic !== subject || data !== again) throw new Error(topic + ": " + data + ", not " + again);
			stamps.push(publishedAt + 60000.25);
			seqs.push(Number(seq));
			if (seqs.length < 300) return;
			report(seqs.every((seq, place) => seq === place + 10));
			report(stamps.every((at, place) => at >= before && at <= after + 1 && at >= (stamps[place - 1] || 0)));
			report(new Set(stamps).size > 1);
			subscription.close();
		}, {keepAlive: true});
	`)
	assert.Equal(t, []any{"300,0,0,0", int64(300), true, true, true, true}, got)
}

// What became of each is told as of messages that the script wrote itself.
func TestSeriesOutcomes(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	natstest.Observe(t, srv, "silent")
	got := vu.async(`
		const template = new Template({seed: 9, variants: ["s.a", "silent", "other"].map((subject) => ({subject, pieces: [subject]}))});
		const trace = (seq) => template.write({run: 1, publisher: 1, seq, publishedAt: 1});
		const {outcomes, acked, refused, unknown} = await nc.jetStreamPublishSeries(
			template, {run: 1, publisher: 1, firstSeq: 0, count: 30}, {timeout: 300});
		report(JSON.stringify({outcomes, counts: [acked, refused, unknown]}));
		report(JSON.stringify(Array.from({length: 30}, (_, seq) => trace(seq).subject)));
	`)
	var result struct {
		Outcomes []batchOutcome
		Counts   [3]int
	}
	var subjects []string
	require.NoError(t, json.Unmarshal([]byte(got[0].(string)), &result))
	require.NoError(t, json.Unmarshal([]byte(got[1].(string)), &subjects))
	want := map[string]string{"s.a": "acked", "silent": "unknown", "other": "refused"}
	counts := map[string]int{}
	for i, subject := range subjects {
		assert.Equal(t, subject, result.Outcomes[i].Subject)
		assert.Equal(t, want[subject], result.Outcomes[i].Status)
		counts[want[subject]]++
	}
	assert.Equal(t, [3]int{counts["acked"], counts["refused"], counts["unknown"]}, result.Counts)
	assert.Len(t, counts, 3)
}

func TestSeriesMistakes(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	vu.iterate(`globalThis.limited = new Template({seed: 1, variants: [{subject: "s.a", pieces: [{slot: "identity", spelling: "number"}]}]})`)
	for arguments, want := range map[string]string{
		``:                     "want a Template, got nothing",
		`{}`:                   "want a Template or { name, make }, got [object Object]",
		`limited`:              "want an object of options, got nothing",
		`limited, {count: -1}`: `option "count": want a whole number from 0 to 4294967295, got -1`,
		`limited, {firstSeq: 268435450, count: 7}`:                      "event 268435456: want a number below 268435456, UUIDs and numbers have no room for more",
		`limited, {firstSeq: 4294967295, count: 2}`:                     "event 4294967296: want a number below 4294967296",
		`new Template({seed: 1, variants: [{fields: []}]}), {count: 1}`: "the template's messages have no subject",
		`limited, {count: 0}, {wait: 1}`:                                `option "wait": unknown, want one of maxPending, timeout`,
	} {
		call := `await nc.jetStreamPublishSeries(` + arguments + `)`
		assert.Equal(t, "nats: publish a series on "+srv.ClientURL()+": "+want, vu.failure(call), arguments)
		assert.Equal(t, []any{"TypeError"}, vu.async(`try { `+call+` } catch (e) { report(e.name) }`), arguments)
	}
	assert.Equal(t, []any{int64(0)}, vu.async(`report((await nc.jetStreamPublishSeries(limited, {count: 0})).acked)`))
}

// No server takes a message that is too large, or on a subject that is none:
// these are refused, although they never left.
func TestSeriesOfWhatIsNotSent(t *testing.T) {
	t.Parallel()
	vu, _ := batchVU(t, func(o *server.Options) { o.MaxPayload = 1024 })
	got := vu.async(`
		const events = {run: 1, publisher: 1, firstSeq: 0, count: 1};
		for (const variant of [{subject: "s.a", pieces: ["x".repeat(2000)]}, {subject: "a b", pieces: []}])
			for (const method of ["jetStreamPublishSeries", "publishSeries"]) {
				const {failures} = await nc[method](new Template({seed: 1, variants: [variant]}), events);
				report(failures.map(({sent, refused, error}) => [sent, refused, error].join()).join());
			}
	`)
	tooLarge, noSubject := "false,true,maximum payload exceeded: 2000 bytes, the server takes 1024", "false,true,invalid subject"
	assert.Equal(t, []any{tooLarge, tooLarge, noSubject, noSubject}, got)
}

// To JetStream too a server says only on the connection what it lets nobody
// publish.
func TestDeniedSeries(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "me", Password: "p", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{"a"}}}}}
	})
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], user: "me", password: "p"})`)
	got := vu.async(`
		const template = new Template({seed: 1, variants: [{subject: "b", pieces: []}]});
		const {failures} = await nc.jetStreamPublishSeries(template, {run: 1, publisher: 1, count: 2}, {timeout: 500});
		for (const {sent, refused, error} of failures) report(sent && refused && error.includes('Publish to "b"'));
	`)
	assert.Equal(t, []any{true, true}, got)
}

// Another series on the connection may be refused before the first looks.
func TestDenialsThatFollowEachOther(t *testing.T) {
	t.Parallel()
	var d denials
	first, second := errors.New("first"), errors.New("second")
	d.add(first)
	d.add(second)
	assert.Nil(t, d.after(first))
	assert.Nil(t, d.after(second))
	assert.NotNil(t, d.after(errors.New("third")))
	for range mostRecent {
		d.add(second)
	}
	assert.Len(t, d.recent, mostRecent)
	assert.NotNil(t, d.after(first))
}

// Core NATS: what the server has taken by its answer to a ping is acknowledged,
// and what it refuses on the way is known by its subject.
func TestPlainSeries(t *testing.T) {
	t.Parallel()
	srv := natstest.Start(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "me", Password: "p", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{"a.>", "$JS.>"}}}}}
	})
	vu := newVU(t, srv).init(`const nc = new Nats({servers: [URL], user: "me", password: "p"})`)
	got := vu.async(`
		const template = new Template({seed: 9, variants: ["a.1", "a.2", "b.1", "b.2"].map((subject) => ({subject, pieces: [
			{slot: "number"}]}))});
		const events = {run: 1, publisher: 2, firstSeq: 10, count: 300};
		const subjects = Array.from({length: 300}, (_, place) => template.write({run: 1, publisher: 2, seq: place + 10, publishedAt: 1}).subject);
		for (let time = 0; time < 2; time++) {
			const {acked, refused, unknown, failures, latenciesMs, outcomes} = await nc.publishSeries(template, events);
			const denied = subjects.filter((subject) => subject.startsWith("b")).length;
			report([acked + refused, unknown, refused - denied, latenciesMs.length - acked, failures.length - denied].join());
			report(failures.every(({index, sent, refused, error}) =>
				subjects[index].startsWith("b") && sent && refused && error.includes('Publish to "' + subjects[index] + '"')));
			report(outcomes[0].sequence);
		}
	`)
	assert.Equal(t, []any{"300,0,0,0,0", true, nil, "300,0,0,0,0", true, nil}, got)
}

func TestPlainSeriesArrives(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	seen := natstest.Observe(t, srv, "plain.>")
	vu.async(`await nc.publishSeries({name: "plain", make: () => ({seed: 1, variants: [{subject: "plain.a", pieces: [{slot: "number"}]}]})},
		{run: 1, publisher: 1, firstSeq: 7, count: 2})`)
	for _, want := range []string{"7", "8"} {
		assert.Equal(t, want, string(natstest.Next(t, seen).Data))
	}
}

// A server that is gone has taken nothing for certain.
func TestPlainSeriesWithoutServer(t *testing.T) {
	t.Parallel()
	vu, srv := batchVU(t)
	got := vu.offer("stop", func() { srv.Shutdown(); srv.WaitForShutdown() }).async(`
		const template = new Template({seed: 1, variants: [{subject: "s.a", pieces: ["x"]}]});
		const events = {run: 1, publisher: 1, firstSeq: 0, count: 3};
		await nc.publishSeries(template, {...events, count: 0});
		stop();
		const {acked, failures} = await nc.publishSeries(template, events, {timeout: 300});
		report([acked, failures.length].join());
	`)
	assert.Equal(t, []any{"0,3"}, got)
}
