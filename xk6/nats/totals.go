package nats

import (
	"sync/atomic"
	"time"
)

// totals counts the messages of batches and series that all VUs of this process
// published.
var totals counters

type counters struct {
	published, acked, duplicates, refused, unknown atomic.Int64
	bytes, ackLatency                              atomic.Int64
}

// Totals is one reading of the counters. Messages still waiting for their
// acknowledgement are in Published and in no other count.
type Totals struct {
	Published       int64   `js:"published"`
	Acked           int64   `js:"acked"`
	Duplicates      int64   `js:"duplicates"`
	Refused         int64   `js:"refused"`
	Unknown         int64   `js:"unknown"`
	Bytes           int64   `js:"bytes"`
	AckLatencySumMs float64 `js:"ackLatencySumMs"`
}

func (c *counters) settled(t *tally) {
	c.acked.Add(int64(t.acked))
	c.duplicates.Add(int64(t.duplicates))
	c.refused.Add(int64(t.refused))
	c.unknown.Add(int64(t.unknown))
	c.ackLatency.Add(int64(t.latencySum))
}

func (c *counters) snapshot() Totals {
	return Totals{
		Published:       c.published.Load(),
		Acked:           c.acked.Load(),
		Duplicates:      c.duplicates.Load(),
		Refused:         c.refused.Load(),
		Unknown:         c.unknown.Load(),
		Bytes:           c.bytes.Load(),
		AckLatencySumMs: milliseconds(time.Duration(c.ackLatency.Load())),
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
