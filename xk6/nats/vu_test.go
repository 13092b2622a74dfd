package nats

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/grafana/sobek"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
)

// testVU runs scripts as a k6 VU does: the init context first, iterations with
// a context and a run of the event loop each after it.
type testVU struct {
	*modulestest.Runtime

	t        testing.TB
	module   *instance
	log      *logtest.Hook
	reported []any
	cancel   context.CancelFunc
}

// newVU is a VU in the init context. Scripts see the module's exports, URL, the
// server's address, and report, which hands values to the test.
func newVU(t testing.TB, srv *server.Server) *testVU {
	t.Helper()
	vu := &testVU{Runtime: modulestest.NewRuntime(t), t: t}
	rt := vu.VU.Runtime()
	vu.module = New().NewModuleInstance(vu.VU).(*instance)
	for name, export := range vu.module.Exports().Named {
		require.NoError(t, rt.Set(name, export))
	}
	if srv != nil {
		require.NoError(t, rt.Set("URL", srv.ClientURL()))
	}
	require.NoError(t, rt.Set("report", func(v any) { vu.reported = append(vu.reported, v) }))
	return vu
}

// init runs the script in the init context and leaves it.
func (vu *testVU) init(script string) *testVU {
	vu.t.Helper()
	_, err := vu.RunOnEventLoop(script)
	require.NoError(vu.t, err)
	logger, hook := logtest.NewNullLogger()
	logger.SetLevel(logrus.DebugLevel)
	vu.log = hook
	vu.MoveToVUContext(&lib.State{Logger: logger, Dialer: &net.Dialer{}})
	return vu
}

// iterate runs the body of a default function as one iteration and returns what
// it reported.
func (vu *testVU) iterate(body string) []any {
	vu.t.Helper()
	reported, err := vu.try(body)
	require.NoError(vu.t, err)
	return reported
}

func (vu *testVU) try(body string) ([]any, error) {
	return vu.run("(function () {" + body + "})()")
}

// async is iterate for an async default function.
func (vu *testVU) async(body string) []any {
	vu.t.Helper()
	reported, err := vu.run("(async function () {" + body + "})()")
	require.NoError(vu.t, err)
	return reported
}

func (vu *testVU) run(script string) ([]any, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	vu.cancel = cancel
	vu.VU.CtxField = ctx
	vu.reported = nil
	err := vu.EventLoop.Start(func() error {
		_, err := vu.VU.Runtime().RunString(script)
		return err
	})
	cancel()
	vu.EventLoop.WaitOnRegistered()
	return vu.reported, err
}

// offer gives scripts a Go function.
func (vu *testVU) offer(name string, fn any) *testVU {
	vu.t.Helper()
	require.NoError(vu.t, vu.VU.Runtime().Set(name, fn))
	return vu
}

// failure is the message of the error that the body throws.
func (vu *testVU) failure(body string) string {
	vu.t.Helper()
	reported := vu.async(fmt.Sprintf("try { %s; report('no error') } catch (e) { report(e.message) }", body))
	require.Len(vu.t, reported, 1)
	return reported[0].(string)
}

// logged tells whether a log line holds the text.
func (vu *testVU) logged(text string) bool {
	for _, entry := range vu.log.AllEntries() {
		if strings.Contains(entry.Message, text) {
			return true
		}
	}
	return false
}

// value evaluates an expression.
func value(t testing.TB, rt *sobek.Runtime, expression string) sobek.Value {
	t.Helper()
	v, err := rt.RunString(expression)
	require.NoError(t, err)
	return v
}
