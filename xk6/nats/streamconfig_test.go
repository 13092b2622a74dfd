package nats

import (
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStreamConfig(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]jetstream.StreamConfig{
		`({name: "mock", subjects: ["foo"], max_msgs_per_subject: 100, discard: 0, storage: 1})`: {
			Name: "mock", Subjects: []string{"foo"}, MaxMsgsPerSubject: 100, Storage: jetstream.MemoryStorage,
		},
		`({name: "s", storage_type: 1, replicas: 3, no_ack: true, description: "d"})`: {
			Name: "s", Storage: jetstream.MemoryStorage, Replicas: 3, NoAck: true, Description: "d",
		},
		`({name: "s", retention: "workqueue", discard: "new", storage: "file", compression: "s2"})`: {
			Name: "s", Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardNew, Compression: jetstream.S2Compression,
		},
		`({name: "s", retention: 1, max_consumers: 1, max_msgs: 2, max_bytes: 3, max_msg_size: 4, max_age: 5e9})`: {
			Name: "s", Retention: jetstream.InterestPolicy, MaxConsumers: 1, MaxMsgs: 2, MaxBytes: 3, MaxMsgSize: 4, MaxAge: 5 * time.Second,
		},
		`({name: "s", max_age: "24h", duplicates: "90s", retention: undefined})`: {
			Name: "s", MaxAge: 24 * time.Hour, Duplicates: 90 * time.Second,
		},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			rt := sobek.New()
			got, err := readStreamConfig(rt, value(t, rt, script))
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestStreamConfigRefused(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		`undefined`:                          `want an object, got nothing`,
		`({subjects: ["a"]})`:                `the stream has no name`,
		`({name: "s", retention: "stream"})`: `retention is "stream": want one of limits, interest, workqueue`,
		`({name: "s", storage: 2})`:          `storage is 2: want one of file, memory`,
		`({name: "s", max_age: "a day"})`:    `max_age is "a day": want nanoseconds or text like "24h"`,
		`({name: "s", maxMsgs: 1})`:          `stream configuration: json: unknown field "maxMsgs"`,
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			rt := sobek.New()
			_, err := readStreamConfig(rt, value(t, rt, script))
			assert.EqualError(t, err, want)
		})
	}
}
