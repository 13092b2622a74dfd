package sockets

import (
	"time"

	"go.k6.io/k6/metrics"
)

// push tells k6's metrics of something that a connection did.
func (s *socket) push(metric *metrics.Metric, value float64) {
	if value != 0 {
		metrics.PushIfNotDone(s.ctx, s.state.Samples, sampleOf(metric, s.tags, time.Now(), value))
	}
}

// pushReceived tells how many messages were received since it was told the last
// time: k6's own sockets make a sample of each.
func (s *Sockets) pushReceived() {
	s.mu.Lock()
	received := s.received
	s.received = make(map[*metrics.TagSet]int)
	s.mu.Unlock()
	ctx, state := s.vu.Context(), s.vu.State()
	for tags, count := range received {
		metric := state.BuiltinMetrics.WSMessagesReceived
		metrics.PushIfNotDone(ctx, state.Samples, sampleOf(metric, metrics.TagsAndMeta{Tags: tags}, time.Now(), float64(count)))
	}
}

func sampleOf(metric *metrics.Metric, tags metrics.TagsAndMeta, at time.Time, value float64) metrics.Sample {
	return metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags.Tags},
		Time:       at,
		Metadata:   tags.Metadata,
		Value:      value,
	}
}
