package workload

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is framed once is what framing each part of each event would give.
func TestFramed(t *testing.T) {
	t.Parallel()
	made, err := (&Shared{}).read(named(t, `{name: "events", make: () => ({seed: 1, variants: [
		{fields: [["a"], ["b", "c"], ["seq"], [{slot: "number"}], ["hash"], [{slot: "identity", spelling: "hash"}]]},
		{fields: [["only"], ["text"]]},
		{fields: [[{slot: "number"}, "x"], [""]]},
		{fields: []},
	]})}`))
	require.NoError(t, err)
	frame := func(buf, part []byte) []byte { return fmt.Appendf(buf, "<%d %s>", len(part), part) }
	head := func(parts int) []byte { return fmt.Appendf(nil, "%d:", parts) }
	framed := (&Writer{template: made}).Framed(frame)
	buf := []byte("before")
	drawn := map[uint32]bool{}
	for seq := range uint32(50) {
		one := &Trace{Source: Source{Run: 7, Publisher: 2}, Seq: seq, Micros: 1_700_000_000_000_000}
		var parts int
		var want []byte
		(&Writer{template: made}).Fields(nil, one, func(field []byte) {
			parts++
			want = frame(want, field)
		})
		start := len(buf)
		buf = framed.Entry(buf, one, head)
		assert.Equal(t, string(head(parts))+string(want), string(buf[start:]), seq)
		drawn[made.indexOf(seq)] = true
	}
	assert.Len(t, drawn, 4)
}
