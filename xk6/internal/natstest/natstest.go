// Package natstest gives tests a NATS server of their own.
package natstest

import (
	"net"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// Timeout bounds the waiting for something that is certain to come.
const Timeout = 10 * time.Second

// Start runs a server with JetStream on a free loopback port for the length of
// the test.
func Start(t testing.TB, adjust ...func(*server.Options)) *server.Server {
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
	t.Cleanup(func() { Stop(srv) })
	require.True(t, srv.ReadyForConnections(Timeout), "the NATS server does not start")
	return srv
}

// Stop ends the server and waits for its end.
func Stop(srv *server.Server) {
	srv.Shutdown()
	srv.WaitForShutdown()
}

// Port is where the server listens.
func Port(srv *server.Server) int { return srv.Addr().(*net.TCPAddr).Port }

// Connect makes a connection for the length of the test.
func Connect(t testing.TB, srv *server.Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(srv.ClientURL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return conn
}

// Observe subscribes with a connection of its own.
func Observe(t testing.TB, srv *server.Server, subject string) *nats.Subscription {
	t.Helper()
	conn := Connect(t, srv)
	sub, err := conn.SubscribeSync(subject)
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
	return sub
}

// Next waits for the subscription's next message.
func Next(t testing.TB, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	msg, err := sub.NextMsg(Timeout)
	require.NoError(t, err)
	return msg
}

// Answer has requests on the subject answered with what the function returns.
func Answer(t testing.TB, srv *server.Server, subject string, answer func(*nats.Msg) *nats.Msg) {
	t.Helper()
	conn := Connect(t, srv)
	_, err := conn.Subscribe(subject, func(msg *nats.Msg) { _ = msg.RespondMsg(answer(msg)) })
	require.NoError(t, err)
	require.NoError(t, conn.Flush())
}

// Echo is an answer that carries what the request does.
func Echo(request *nats.Msg) *nats.Msg { return &nats.Msg{Data: request.Data, Header: request.Header} }
