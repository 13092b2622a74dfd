package sockets

import (
	"time"

	"go.k6.io/k6/metrics"
)

// push tells k6's metrics of something that connections with these tags did.
func (s *Sockets) push(tags metrics.TagsAndMeta, metric *metrics.Metric, value float64) {
	if value != 0 {
		metrics.PushIfNotDone(s.ctx, s.state.Samples, sampleOf(metric, tags, time.Now(), value))
	}
}

// pushReceived tells how many messages were received since it was told the last
// time: k6's own sockets make a sample of each.
func (s *Sockets) pushReceived() {
	s.mu.Lock()
	received := s.received
	s.received = make(map[*metrics.TagSet]int)
	s.mu.Unlock()
	for tags, count := range received {
		s.push(metrics.TagsAndMeta{Tags: tags}, s.state.BuiltinMetrics.WSMessagesReceived, float64(count))
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
