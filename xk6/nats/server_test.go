package nats

import (
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

const testTimeout = 10 * time.Second

// startServer runs a NATS server with JetStream on a free loopback port for
// the length of the test.
func startServer(t testing.TB, adjust ...func(*server.Options)) *server.Server {
	t.Helper()
	opts := &server.Options{
		Host:      "127.0.0.1",
		Port:      server.RANDOM_PORT,
		JetStream: true,
		StoreDir:  t.TempDir(),
		NoLog:     true,
		NoSigs:    true,
	}
	for _, f := range adjust {
		f(opts)
	}
	srv, err := server.NewServer(opts)
	require.NoError(t, err)
	srv.Start()
	t.Cleanup(func() { stopServer(srv) })
	require.True(t, srv.ReadyForConnections(testTimeout), "the NATS server does not start")
	return srv
}

func stopServer(srv *server.Server) {
	srv.Shutdown()
	srv.WaitForShutdown()
}

// observe subscribes with a connection of the test's own.
func observe(t testing.TB, srv *server.Server, subject string) *nats.Subscription {
	t.Helper()
	conn, err := nats.Connect(srv.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	sub, err := conn.SubscribeSync(subject)
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	return sub
}

func next(t testing.TB, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	msg, err := sub.NextMsg(testTimeout)
	require.NoError(t, err)
	return msg
}

func serverPort(srv *server.Server) int { return srv.Addr().(*net.TCPAddr).Port }

// echo answers requests on the subject echo with what they carry.
func echo(t testing.TB, srv *server.Server) {
	t.Helper()
	conn, err := nats.Connect(srv.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	_, err = conn.Subscribe("echo", func(msg *nats.Msg) {
		answer := nats.NewMsg(msg.Reply)
		answer.Data, answer.Header = msg.Data, msg.Header
		_ = msg.RespondMsg(answer)
	})
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
}
