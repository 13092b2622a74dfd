// Package influxdb is the k6 output `--out throughline=http://host:8086/database`: InfluxDB 1.x as k6's own
// output fills it, but with few points however much is measured. k6's own sends every sample away.
package influxdb

import (
	"fmt"
	"net/url"
	"strings"
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

// Output writes what all samples of a second come to.
type Output struct {
	output.SampleBuffer

	address  string
	database string
	client   client.Client
	flusher  *output.PeriodicFlusher
	logger   logrus.FieldLogger
	lost     atomic.Int64
}

// New reads the address that follows `throughline=`.
func New(params output.Params) (output.Output, error) {
	address, err := url.Parse(params.ConfigArgument)
	database := ""
	if err == nil {
		database = strings.Trim(address.Path, "/")
	}
	if err != nil || address.Host == "" || database == "" || strings.Contains(database, "/") {
		return nil, fmt.Errorf("--out throughline: allowed: throughline=http://host:8086/database")
	}
	password, _ := address.User.Password()
	base := &url.URL{Scheme: address.Scheme, Host: address.Host}
	http, err := client.NewHTTPClient(client.HTTPConfig{
		Addr: base.String(), Username: address.User.Username(), Password: password, Timeout: timeout,
	})
	if err != nil {
		return nil, fmt.Errorf("--out throughline: %w", err)
	}
	logger := params.Logger.WithField("output", "throughline")
	return &Output{address: base.String(), database: database, client: http, logger: logger}, nil
}

// Description says where the points go, without the password.
func (o *Output) Description() string {
	return fmt.Sprintf("throughline (%s/%s)", o.address, o.database)
}

// Start creates the database where that is allowed, and writes every second.
func (o *Output) Start() error {
	create := client.NewQuery(fmt.Sprintf("CREATE DATABASE %q", o.database), "", "")
	if _, err := o.client.Query(create); err != nil {
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
	return o.client.Close()
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
	batch, err := client.NewBatchPoints(client.BatchPointsConfig{Database: o.database})
	if err != nil {
		return err
	}
	for _, each := range points {
		fields := map[string]any{"value": each.Value}
		point, err := client.NewPoint(each.Metric.Name, each.Tags.Map(), fields, each.Time)
		if err != nil {
			return err
		}
		batch.AddPoint(point)
	}
	return o.client.Write(batch)
}
