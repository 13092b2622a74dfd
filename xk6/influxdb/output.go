// Package influxdb is the k6 output `--out throughline=http://host:8086/database`: InfluxDB 1.x as k6's own
// output fills it, but with few points however much is measured. k6's own sends every sample away. An address that
// names organisation and bucket is that of an InfluxDB 2.
package influxdb

import (
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	client "github.com/influxdata/influxdb1-client/v2"
	"github.com/sirupsen/logrus"
	"go.k6.io/k6/output"
)

func init() { output.RegisterExtension("throughline", New) }

const (
	every   = time.Second
	timeout = 5 * time.Second
)

var errAddress = errors.New("--out throughline: allowed: throughline=http://host:8086/database, " +
	"or for InfluxDB 2 throughline=http://any:TOKEN@host:8086/?org=ORG&bucket=BUCKET")

// Output writes what all samples of a second come to.
type Output struct {
	output.SampleBuffer

	place   string
	writer  writer
	flusher *output.PeriodicFlusher
	logger  logrus.FieldLogger
	lost    atomic.Int64
}

// writer is a database.
type writer interface {
	// create makes it, where that is allowed.
	create() error
	write([]*client.Point) error
	close() error
}

// New reads the address that follows `throughline=`.
func New(params output.Params) (output.Output, error) {
	address, err := url.Parse(params.ConfigArgument)
	if err != nil || address.Host == "" {
		return nil, errAddress
	}
	o := &Output{logger: params.Logger.WithField("output", "throughline")}
	if address.RawQuery == "" {
		o.place, o.writer, err = openDatabase(address)
	} else {
		o.place, o.writer, err = openBucket(address)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// Description says where the points go, without the password.
func (o *Output) Description() string { return fmt.Sprintf("throughline (%s)", o.place) }

// Start creates the database where that is allowed, and writes every second.
func (o *Output) Start() error {
	if err := o.writer.create(); err != nil {
		o.logger.WithError(err).Debug("the database was not created; it may exist")
	}
	flusher, err := output.NewPeriodicFlusher(every, o.flush)
	o.flusher = flusher
	return err
}

// Stop writes what is left, and says what could not be written.
func (o *Output) Stop() error {
	o.flusher.Stop()
	if lost := o.lost.Load(); lost > 0 {
		o.logger.Errorf("%d points were not written", lost)
	}
	return o.writer.close()
}

func (o *Output) flush() {
	points := Fold(o.GetBufferedSamples())
	if len(points) == 0 {
		return
	}
	if err := o.write(points); err != nil {
		o.lost.Add(int64(len(points)))
		o.logger.WithError(err).Errorf("cannot write %d points", len(points))
	}
}

func (o *Output) write(points []Point) error {
	lines := make([]*client.Point, 0, len(points))
	for _, each := range points {
		fields := map[string]any{"value": each.Value}
		point, err := client.NewPoint(each.Metric.Name, each.Tags.Map(), fields, each.Time)
		if err != nil {
			return err
		}
		lines = append(lines, point)
	}
	return o.writer.write(lines)
}
