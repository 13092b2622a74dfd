package nats

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/common"
)

// The fuzz targets run with their seeds in every go test; to look for more:
//
//	go test -fuzz FuzzOptions -fuzztime 1m ./nats

const secret = "hunter2-of-nobody"

// parsed is the JSON text as a script's value, or skips the test.
func parsed(t *testing.T, rt *sobek.Runtime, text string) sobek.Value {
	t.Helper()
	if !json.Valid([]byte(text)) || len(text) > 10_000 {
		t.Skip("no JSON")
	}
	parse, ok := sobek.AssertFunction(rt.Get("JSON").ToObject(rt).Get("parse"))
	require.True(t, ok)
	v, err := parse(sobek.Undefined(), rt.ToValue(text))
	if err != nil {
		t.Skip("JSON that scripts cannot have")
	}
	return v
}

// inOneLine checks that a mistake is told in one line without the secret.
func inOneLine(t *testing.T, err error) {
	t.Helper()
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), secret)
	assert.NotEmpty(t, err.Error())
}

func FuzzOptions(f *testing.F) {
	for _, seed := range []string{
		`{"servers":"nats://localhost:4222"}`,
		`{"servers":["a:1","b"],"unsafe":true,"token":"hunter2-of-nobody"}`,
		`{"servers":"nats://u:hunter2-of-nobody@h:x"}`,
		`{"servers":"nats://u:hunter2-of-nobody@h\nx"}`,
		`{"servers":"u:hunter2-of-nobody@"}`,
		`{"servers":"nats://h/?x=hunter2-of-nobody"}`,
		`{"servers":"h","tls":{"ca":"a","cert":"b","key":"c","insecureSkipVerify":false}}`,
		`{"servers":"h","timeout":1e400,"reconnectWait":1e300,"maxReconnects":-1}`,
		`{"servers":"h","maxReconnects":9223372036854775807}`,
		`{"servers":"h","__proto__":{"servers":1}}`,
		`{"servers":{"length":1},"tls":[]}`,
		`{"servers":[null,1,["x"]]}`,
		`{"a\nb":1}`,
		`[]`, `null`, `1`, `""`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rt := sobek.New()
		o, err := readOptions(rt, parsed(t, rt, text))
		if err != nil {
			inOneLine(t, err)
			return
		}
		assert.NotEmpty(t, o.servers)
		assert.Positive(t, o.timeout)
		assert.Positive(t, o.reconnectWait)
		assert.GreaterOrEqual(t, o.maxReconnects, -1)
		for _, server := range o.servers {
			assert.NotContains(t, withoutUser(server), "@")
		}
	})
}

func FuzzStreamConfig(f *testing.F) {
	for _, seed := range []string{
		`{"name":"s","subjects":["a.>"],"storage":1,"retention":"workqueue","discard":"new"}`,
		`{"name":"s","storage":9223372036854775807}`,
		`{"name":"s","storage":-1}`,
		`{"name":"s","storage":0.5}`,
		`{"name":"s","max_age":"24h","duplicates":"90s","replicas":3}`,
		`{"name":"s","max_age":1e400}`,
		`{"name":"s","max_age":"9999999999h"}`,
		`{"name":"s","subjects":{"length":1}}`,
		`{"name":"s","storage":"file","storage_type":"memory"}`,
		`{"name":{"toString":1}}`,
		`{"name":"s","retention":"a\nb"}`,
		`{"name":"s","placement":null,"mirror":{"name":"x"}}`,
		`[1]`, `null`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rt := sobek.New()
		config, err := readStreamConfig(rt, parsed(t, rt, text))
		if err != nil {
			inOneLine(t, err)
			return
		}
		assert.NotEmpty(t, config.Name)
		// What is read can be written for the server.
		_, err = json.Marshal(config)
		assert.NoError(t, err)
	})
}

func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`[{"subject":"a","data":"1"},{"subject":"b","data":[50],"id":"x","headers":{"h":"v"}}]`,
		`[{"subject":"a","data":[256]}]`,
		`[{"subject":"a","data":[0.5,-1,1e400]}]`,
		`[{"subject":"a","data":{"length":3}}]`,
		`[{"subject":"a","data":"1","headers":{"a\r\nb":"c\r\nd"}}]`,
		`[{"subject":"a","data":"1","headers":[1,2]}]`,
		`[{"subject":"a","data":"1","id":{"x":1}}]`,
		`[{"topic":"a","data":"1","header":{"x":null}}]`,
		`[{"subject":" ","data":"\ud800"}]`,
		`[null,[],{}]`,
		`{"length":5}`,
		`[]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rt := sobek.New()
		v := parsed(t, rt, text)
		msgs, err := readBatchMessages(v)
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		array, ok := v.Export().([]any)
		require.True(t, ok)
		assert.Len(t, msgs, len(array))
		for _, msg := range msgs {
			assert.NotEmpty(t, msg.Subject)
		}
		for i := range array {
			single, err := readMessage(v.ToObject(rt).Get(rt.ToValue(i).String()))
			if err == nil {
				assert.NotEmpty(t, single.Subject)
			}
		}
	})
}

// FuzzReceived reads messages as servers send them, whatever they are.
func FuzzReceived(f *testing.F) {
	f.Add("a.b", []byte("h\xc3\xa9"), "Name", "value")
	f.Add("", []byte{}, "", "")
	f.Add("\xff", []byte{0xff, 0}, "__proto__", "x")
	f.Add("constructor", []byte("null"), "constructor", "\xff")
	f.Fuzz(func(t *testing.T, subject string, payload []byte, name, value string) {
		rt := sobek.New()
		rt.SetFieldNameMapper(common.FieldNameMapper{})
		header := nats.Header{name: {value}, "None": {}}
		require.NoError(t, rt.Set("msg", newMessage(rt, subject, payload, header)))
		v, err := rt.RunString(`[typeof msg.topic, typeof msg.data, msg.raw.length, typeof msg.headers,
			Object.keys(msg).join(), typeof JSON.stringify(msg)].join(" ")`)
		require.NoError(t, err)
		fields := strings.Fields(v.String())
		assert.Equal(t, []string{"string", "string"}, fields[:2])
		assert.True(t, slices.Contains(fields, "topic,data,raw,headers,header"))
		raw, err := rt.RunString(`msg.raw.length`)
		require.NoError(t, err)
		assert.Equal(t, int64(len(payload)), raw.ToInteger())
	})
}

// FuzzPlainAck holds the short way of reading an acknowledgement to the long one.
func FuzzPlainAck(f *testing.F) {
	for _, seed := range []string{
		`{"stream":"EVENTS","seq":1}`, `{"stream":"a b","seq":18446744073709551615}`, `{"stream":"","seq":1}`,
		`{"stream":"E","seq":0}`, `{"stream":"E","seq":01}`, `{"stream":"E","seq":1,"duplicate":true}`,
		`{"stream":"E","domain":"hub","seq":1}`, `{"stream":"\u0041","seq":1}`, `{"stream":"E","seq":-1}`,
		`{"stream":"E","seq":1}}`, `{"error":{"code":503},"stream":"E","seq":0}`, `{"stream":"E","seq":}`, "{\"stream\":\"\n\",\"seq\":1}", ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		sequence, plain := plainAck(data)
		if !plain {
			return
		}
		var long ack
		require.NoError(t, json.Unmarshal(data, &long))
		assert.Equal(t, long.Sequence, sequence)
		assert.NotEmpty(t, long.Stream)
		assert.False(t, long.Duplicate)
		assert.Nil(t, long.Error)
	})
}

func TestPlainAckIsWhatServersWrite(t *testing.T) {
	t.Parallel()
	sequence, plain := plainAck([]byte(`{"stream":"CANONICAL_EVENTS","seq":1234567890}`))
	assert.True(t, plain)
	assert.EqualValues(t, 1234567890, sequence)
}
