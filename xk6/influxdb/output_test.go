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
	for _, address := range []string{
		"", "localhost:8086", "http://localhost:8086", "http://localhost:8086/a/b", "%",
		"http://any:t@localhost:8086/?org=o", "http://localhost:8086/?org=o&bucket=b",
		"http://any:t@localhost:8086/k6?org=o&bucket=b", "http://any:t@localhost:8086/?org=o&bucket=b&precision=s",
	} {
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

func TestWhatIsWrittenToABucket(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	written, refused := "", 0
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		mutex.Lock()
		defer mutex.Unlock()
		asked := request.URL.Query()
		if request.Method != http.MethodPost || request.URL.Path != "/api/v2/write" ||
			asked.Get("org") != "my org" || asked.Get("bucket") != "k6" || asked.Get("precision") != "ns" {
			answer.WriteHeader(http.StatusNotFound)
			return
		}
		if token := request.Header.Get("Authorization"); token != "Token t=/@" {
			refused++
			answer.WriteHeader(http.StatusUnauthorized)
			_, _ = answer.Write([]byte(`{"code":"unauthorized","message":"unknown: ` + token + `"}`))
			return
		}
		body, _ := io.ReadAll(request.Body)
		written += string(body)
		answer.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	address := strings.Replace(server.URL, "http://", "http://any:t%3D%2F%40@", 1) + "/?org=my%20org&bucket=k6"
	send := func(address string) string {
		var log strings.Builder
		logger := logrus.New()
		logger.SetOutput(&log)
		out, err := influxdb.New(output.Params{Logger: logger, ConfigArgument: address})
		require.NoError(t, err)
		require.NotContains(t, out.Description(), "t=/@")
		require.NoError(t, out.Start())
		f := newFixture()
		f.add(f.series("events_published", metrics.Counter, "smoke"), 1, 2, 4)
		out.AddMetricSamples([]metrics.SampleContainer{f.samples})
		require.NoError(t, out.Stop())
		return log.String()
	}

	require.Empty(t, send(address))
	require.True(t, strings.HasPrefix(written, "events_published,scenario=smoke value=7 "), written)
	log := send(strings.Replace(address, "t%3D%2F%40", "wr0ng-token", 1))
	require.Equal(t, 1, refused)
	require.Contains(t, log, "401 Unauthorized unknown: Token (hidden)")
	require.NotContains(t, log, "wr0ng-token")
}
