package influxdb_test

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.k6.io/k6/metrics"
	"throughline.dev/xk6/influxdb"
)

var start = time.Unix(1_700_000_000, 0)

type fixture struct {
	registry *metrics.Registry
	samples  metrics.Samples
}

func newFixture() *fixture { return &fixture{registry: metrics.NewRegistry()} }

func (f *fixture) series(name string, kind metrics.MetricType, scenario string) metrics.TimeSeries {
	return metrics.TimeSeries{
		Metric: f.registry.MustNewMetric(name, kind),
		Tags:   f.registry.RootTagSet().With("scenario", scenario),
	}
}

func (f *fixture) add(series metrics.TimeSeries, values ...float64) {
	for place, value := range values {
		at := start.Add(time.Duration(place) * time.Millisecond)
		f.samples = append(f.samples, metrics.Sample{TimeSeries: series, Time: at, Value: value})
	}
}

func (f *fixture) fold() []influxdb.Point {
	return influxdb.Fold([]metrics.SampleContainer{f.samples})
}

func TestOnePointForEachSeries(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		kind     metrics.MetricType
		values   []float64
		expected float64
	}{
		{metrics.Counter, []float64{1, 2, 3}, 6},
		{metrics.Counter, []float64{0}, 0},
		{metrics.Gauge, []float64{5, 9, 7}, 7},
		{metrics.Rate, []float64{1, 0, 0, 0}, 0.25},
	} {
		f := newFixture()
		f.add(f.series("metric", one.kind, "smoke"), one.values...)
		points := f.fold()
		require.Len(t, points, 1)
		require.InDelta(t, one.expected, points[0].Value, 1e-9)
		require.Equal(t, start.Add(time.Duration(len(one.values)-1)*time.Millisecond), points[0].Time)
	}
}

func TestSeriesAreKeptApart(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.add(f.series("metric", metrics.Counter, "smoke"), 1, 1)
	f.add(f.series("metric", metrics.Counter, "spike"), 5)
	points := f.fold()
	require.Len(t, points, 2)
	require.InDelta(t, 2.0, points[0].Value, 0)
	require.InDelta(t, 5.0, points[1].Value, 0)
}

func TestFewLatenciesAreAllWritten(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.add(f.series("latency", metrics.Trend, "smoke"), 3, 1, 2)
	values := []float64{}
	for _, point := range f.fold() {
		values = append(values, point.Value)
	}
	require.Equal(t, []float64{3, 1, 2}, values)
}

func TestManyLatenciesAreThinnedEvenly(t *testing.T) {
	t.Parallel()
	const many = 50_000
	f := newFixture()
	random := rand.New(rand.NewSource(1))
	values := make([]float64, many)
	for place := range values {
		values[place] = random.Float64()
	}
	f.add(f.series("latency", metrics.Trend, "smoke"), values...)
	points := f.fold()
	require.Len(t, points, influxdb.MostLatencies)
	above := 0
	for _, point := range points {
		if point.Value > 0.9 {
			above++
		}
	}
	require.InDelta(t, 0.1, float64(above)/float64(len(points)), 0.03)
}

func TestAQuietSeriesIsNotThinnedAway(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.add(f.series("busy", metrics.Trend, "smoke"), make([]float64, 10_000)...)
	f.add(f.series("quiet", metrics.Trend, "smoke"), 42)
	points := f.fold()
	require.Equal(t, "quiet", points[len(points)-1].Metric.Name)
	require.LessOrEqual(t, len(points), influxdb.MostLatencies+2)
}

func TestNothingIsNothing(t *testing.T) {
	t.Parallel()
	require.Empty(t, influxdb.Fold(nil))
}
