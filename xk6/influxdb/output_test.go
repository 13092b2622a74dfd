package influxdb_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/metrics"
	"go.k6.io/k6/output"
	"throughline.dev/xk6/influxdb"
)

func quiet() logrus.FieldLogger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return logger
}

func TestAddressesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "localhost:8086", "http://localhost:8086", "http://localhost:8086/a/b", "%"} {
		_, err := influxdb.New(output.Params{Logger: quiet(), ConfigArgument: address})
		require.ErrorContains(t, err, "allowed: throughline=http://host:8086/database", address)
	}
}

func TestThePasswordIsNotShown(t *testing.T) {
	t.Parallel()
	out, err := influxdb.New(output.Params{Logger: quiet(), ConfigArgument: "http://me:secret@localhost:8086/k6"})
	require.NoError(t, err)
	require.Equal(t, "throughline (http://localhost:8086/k6)", out.Description())
}

func TestWhatIsWritten(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	written := ""
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if request.URL.Path != "/write" {
			_, _ = answer.Write([]byte(`{"results":[]}`))
			return
		}
		body, _ := io.ReadAll(request.Body)
		mutex.Lock()
		written += string(body)
		mutex.Unlock()
		answer.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()

	out, err := influxdb.New(output.Params{Logger: quiet(), ConfigArgument: server.URL + "/k6"})
	require.NoError(t, err)
	require.NoError(t, out.Start())
	f := newFixture()
	f.add(f.series("events_published", metrics.Counter, "smoke"), 1, 2, 4)
	out.AddMetricSamples([]metrics.SampleContainer{f.samples})
	require.NoError(t, out.Stop())

	mutex.Lock()
	defer mutex.Unlock()
	require.True(t, strings.HasPrefix(written, "events_published,scenario=smoke value=7 "), written)
}
