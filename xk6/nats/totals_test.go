package nats

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTotals(t *testing.T) {
	t.Parallel()
	var c counters
	c.published.Add(11)
	c.bytes.Add(6005)
	c.settled(&tally{acked: 4, duplicates: 3, refused: 2, unknown: 1, latencySum: 1500 * time.Microsecond})
	c.settled(&tally{acked: 1, latencySum: time.Millisecond})
	assert.Equal(t, Totals{
		Published: 11, Acked: 5, Duplicates: 3, Refused: 2, Unknown: 1, Bytes: 6005, AckLatencySumMs: 2.5,
	}, c.snapshot())
}

// The totals are the process's, which other tests add to.
func TestTotalsOfAScript(t *testing.T) {
	t.Parallel()
	vu, _ := batchVU(t)
	got := vu.async(`
		const before = totals();
		await nc.jetStreamPublishBatch([{subject: "s.a", data: "12345"}]);
		nc.jetStreamPublish("s.a", "12345");
		const after = totals();
		report(after.published - before.published >= 2);
		report(after.acked - before.acked >= 2);
		report(after.bytes - before.bytes >= 10);
		report(after.ackLatencySumMs > before.ackLatencySumMs);
		report(Object.keys(after).join());
	`)
	assert.Equal(t, []any{true, true, true, true,
		"published,acked,duplicates,refused,unknown,bytes,ackLatencySumMs"}, got)
}
