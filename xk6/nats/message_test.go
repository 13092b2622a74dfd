package nats

import (
	"testing"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/common"
)

func TestReadPayload(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`"text"`:                            "text",
		`"h\u00e9 \u{1f600}"`:               "hé \U0001f600",
		`""`:                                "",
		`42`:                                "42",
		`true`:                              "true",
		`[104, 105]`:                        "hi",
		`[]`:                                "",
		`new Uint8Array([104, 105])`:        "hi",
		`new Uint8Array([104, 105]).buffer`: "hi",
		`new Uint8Array([1, 104, 105]).subarray(1)`: "hi",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			got, err := readPayload(value(t, sobek.New(), script))
			require.NoError(t, err)
			assert.Equal(t, want, string(got))
		})
	}
	for script, want := range map[string]string{
		`undefined`:           "the payload is missing",
		`null`:                "the payload is missing",
		`({})`:                "the payload is neither a string, an ArrayBuffer, a Uint8Array nor an array of bytes",
		`new Float64Array(1)`: "the payload is neither a string, an ArrayBuffer, a Uint8Array nor an array of bytes",
		`[1, 256]`:            "byte 1 of the payload is 256: want a whole number from 0 to 255",
		`[0.5]`:               "byte 0 of the payload is 0.5: want a whole number from 0 to 255",
		`["a"]`:               "byte 0 of the payload is a: want a whole number from 0 to 255",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			_, err := readPayload(value(t, sobek.New(), script))
			assert.EqualError(t, err, want)
		})
	}
}

func TestReadPayloadIsACopy(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	got, err := readPayload(value(t, rt, `var bytes = new Uint8Array([104, 105]); bytes.buffer`))
	require.NoError(t, err)
	value(t, rt, `bytes[0] = 0`)
	assert.Equal(t, "hi", string(got))
}

func TestReadMessage(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]*nats.Msg{
		`({topic: "t", data: "d"})`:                         {Subject: "t", Data: []byte("d")},
		`({topic: "t", raw: [100]})`:                        {Subject: "t", Data: []byte("d")},
		`({topic: "t", data: "d", headers: {"x-Y": "z"}})`:  {Subject: "t", Data: []byte("d"), Header: nats.Header{"x-Y": {"z"}}},
		`({topic: "t", data: "d", header: {a: "1", b: 2}})`: {Subject: "t", Data: []byte("d"), Header: nats.Header{"a": {"1"}, "b": {"2"}}},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			got, err := readMessage(value(t, sobek.New(), script))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
	for script, want := range map[string]string{
		`undefined`:                "want a message object, got nothing",
		`({data: "d"})`:            "the subject is missing: want a string",
		`({topic: "", data: "d"})`: "the subject is missing: want a string",
		`({topic: "t"})`:           "the payload is missing",
		`({topic: "t", data: "d", headers: "x"})`: `the headers are "x": want an object of names and values`,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			_, err := readMessage(value(t, sobek.New(), script))
			assert.EqualError(t, err, want)
		})
	}
}

func TestReadBatchMessages(t *testing.T) {
	t.Parallel()
	got, err := readBatchMessages(value(t, sobek.New(), `[
		{subject: "a", data: "1"},
		{subject: "b", data: new Uint8Array([50]), id: "x"},
		{subject: "c", data: "3", id: 7, headers: {h: "v"}},
	]`))
	require.NoError(t, err)
	assert.Equal(t, listed{
		{Subject: "a", Data: []byte("1")},
		{Subject: "b", Data: []byte("2"), Header: nats.Header{"Nats-Msg-Id": {"x"}}},
		{Subject: "c", Data: []byte("3"), Header: nats.Header{"Nats-Msg-Id": {"7"}, "h": {"v"}}},
	}, got)

	for script, want := range map[string]string{
		`undefined`: "want an array of messages, got nothing",
		`({})`:      "want an array of messages, got [object Object]",
		`[{subject: "a", data: "1"}, {data: "2"}]`: "message 1: the subject is missing: want a string",
		`[{subject: "a"}]`:                         "message 0: the payload is missing",
		`["a"]`:                                    `message 0: want an object with subject and data, got "a"`,
		`[, 1]`:                                    "message 0: want an object with subject and data, got nothing",
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			_, err := readBatchMessages(value(t, sobek.New(), script))
			assert.EqualError(t, err, want)
		})
	}
}

func TestReceivedMessage(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	rt.SetFieldNameMapper(common.FieldNameMapper{})
	require.NoError(t, rt.Set("msg", newMessage(rt, "a.b", []byte("hé"), nats.Header{"One": {"1", "2"}, "None": {}})))
	for expression, want := range map[string]any{
		`msg.topic`:                            "a.b",
		`msg.data`:                             "hé",
		`msg.raw.length`:                       int64(3),
		`msg.raw[0]`:                           int64('h'),
		`msg.raw === msg.raw`:                  true,
		`msg.headers["One"]`:                   "1",
		`msg.header === msg.headers`:           true,
		`msg.subject`:                          nil,
		`Object.keys(msg).join()`:              "topic,data,raw,headers,header",
		`"data" in msg`:                        true,
		`"subject" in msg`:                     false,
		`msg.data = "x"; msg.data`:             "hé",
		`delete msg.data; msg.data`:            "hé",
		`JSON.parse(JSON.stringify(msg)).data`: "hé",
	} {
		assert.Equal(t, want, value(t, rt, expression).Export(), expression)
	}
}

func BenchmarkReadBatchMessages(b *testing.B) {
	v := value(b, sobek.New(), `Array.from({length: 200}, (_, i) =>
		({subject: "events.canonical.1.transfer", id: "evt_" + i, data: "x".repeat(600)}))`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readBatchMessages(v); err != nil {
			b.Fatal(err)
		}
	}
}
