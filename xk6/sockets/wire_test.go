package sockets

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// told is what test/unit/frames.test.ts holds the scripts to as well.
type told struct {
	Wire   map[string]string
	Frames []struct {
		Name, Frame string
		Messages    []struct {
			Text   string
			Events bool
			IDs    []string
		}
	}
}

func readTold(t testing.TB) (told, *wire) {
	t.Helper()
	text, err := os.ReadFile("testdata/frames.json")
	require.NoError(t, err)
	var all told
	require.NoError(t, json.Unmarshal(text, &all))
	w := all.Wire
	return all, &wire{
		first: []byte(w["first"]), last: []byte(w["last"]), between: []byte(w["between"]),
		event: regexp.MustCompile(w["event"]), answer: regexp.MustCompile(w["answer"]), key: regexp.MustCompile(w["key"]),
	}
}

func TestFramesAreReadAsScriptsReadThem(t *testing.T) {
	all, wire := readTold(t)
	for _, frame := range all.Frames {
		t.Run(frame.Name, func(t *testing.T) {
			place := 0
			wire.messages([]byte(frame.Frame), func(message []byte) {
				expected := frame.Messages[place]
				place++
				require.Equal(t, expected.Text, string(message))
				require.Equal(t, expected.Events, wire.isEvents(message))
				if !expected.Events {
					return
				}
				var ids []string
				for _, id := range idsIn(message, wire.key) {
					ids = append(ids, string(id))
				}
				require.Equal(t, expected.IDs, append([]string{}, ids...))
				if sole := soleID(message); sole != nil {
					require.Equal(t, expected.IDs, []string{string(sole)})
				}
			})
			require.Len(t, frame.Messages, place)
		})
	}
}

func FuzzMessages(f *testing.F) {
	all, wire := readTold(f)
	for _, frame := range all.Frames {
		f.Add(frame.Frame)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		wire.messages([]byte(frame), func(message []byte) {
			_ = wire.isEvents(message)
			for _, id := range idsIn(message, wire.key) {
				require.Len(t, utf16.Encode([]rune(string(id))), idLength)
			}
		})
	})
}

func BenchmarkEnter(b *testing.B) {
	_, wire := readTold(b)
	message := []byte(`{"type":"event","data":{"event_id":"evt_1767225600000000000_00000001000100000001abcd",` +
		`"chain":"ethereum","block_num":1,"tx_hash":"0x7468726f7567686c696e6500010000000100010000000100000000000000abcd",` +
		`"event_type":"transfer","accounts":["0x1"],"program_id":"","native_value":0,"timestamp":"2026-01-01T00:00:00Z"}}`)
	for b.Loop() {
		if !wire.isEvents(message) || soleID(message) == nil {
			b.Fatal("no event")
		}
	}
}
