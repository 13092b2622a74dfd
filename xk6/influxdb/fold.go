package influxdb

import (
	"time"

	"go.k6.io/k6/metrics"
)

// Point is what is written of a time series.
type Point struct {
	metrics.TimeSeries
	Time  time.Time
	Value float64
}

// MostLatencies is how many samples of Trends one flush writes at most, beside the first of each series.
const MostLatencies = 1000

// Fold makes of all samples of a flush what boards need: of a Counter the sum, of a Gauge the last value,
// of a Rate the share, each as one point, and of Trends an even selection of their samples, so that their
// percentiles stay what they are.
func Fold(containers []metrics.SampleContainer) []Point {
	series := map[metrics.TimeSeries]*folded{}
	order := []*folded{}
	trends := 0
	each(containers, func(sample metrics.Sample) {
		one := series[sample.TimeSeries]
		if one == nil {
			one = &folded{series: sample.TimeSeries}
			series[sample.TimeSeries] = one
			order = append(order, one)
		}
		if sample.Metric.Type == metrics.Trend {
			trends++
		} else {
			one.enter(sample)
		}
	})
	points := make([]Point, 0, len(order)+min(trends, MostLatencies))
	for _, one := range order {
		if one.series.Metric.Type != metrics.Trend {
			points = append(points, one.point())
		}
	}
	every := max(1, (trends+MostLatencies-1)/MostLatencies)
	each(containers, func(sample metrics.Sample) {
		if sample.Metric.Type != metrics.Trend {
			return
		}
		one := series[sample.TimeSeries]
		if one.seen%every == 0 {
			points = append(points, Point{sample.TimeSeries, sample.Time, sample.Value})
		}
		one.seen++
	})
	return points
}

type folded struct {
	series metrics.TimeSeries
	last   time.Time
	value  float64
	seen   int
}

func (f *folded) enter(sample metrics.Sample) {
	if f.series.Metric.Type == metrics.Gauge {
		if !sample.Time.Before(f.last) {
			f.value = sample.Value
		}
	} else {
		f.value += sample.Value
	}
	if sample.Time.After(f.last) {
		f.last = sample.Time
	}
	f.seen++
}

func (f *folded) point() Point {
	value := f.value
	if f.series.Metric.Type == metrics.Rate {
		value /= float64(f.seen)
	}
	return Point{f.series, f.last, value}
}

func each(containers []metrics.SampleContainer, do func(metrics.Sample)) {
	for _, container := range containers {
		for _, sample := range container.GetSamples() {
			do(sample)
		}
	}
}
