package sockets

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatIsNotReadEmptyHasWaited(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what waits")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	near, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	far, err := listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	_, err = far.Write(bytes.Repeat([]byte{'x'}, 300))
	require.NoError(t, err)
	conn := newEmptied(near)
	read := func() time.Duration {
		_, err := io.ReadFull(conn, make([]byte, 100))
		require.NoError(t, err)
		readAt := time.Now()
		return conn.waited(readAt, readAt)
	}
	read()
	time.Sleep(20 * time.Millisecond)
	require.GreaterOrEqual(t, read(), 20*time.Millisecond)
	require.Zero(t, read())
}

func TestWhereNobodyTellsWhatWaitsItHasWaited(t *testing.T) {
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	go func() { _, _ = far.Write(bytes.Repeat([]byte{'x'}, 250)) }()
	conn := newEmptied(near)
	read := func() time.Duration {
		_, err := conn.Read(make([]byte, 100))
		require.NoError(t, err)
		readAt := time.Now()
		return conn.waited(readAt, readAt)
	}
	read()
	time.Sleep(20 * time.Millisecond)
	require.GreaterOrEqual(t, read(), 20*time.Millisecond)
	read()
	require.Nil(t, conn.fullSince.Load(), "a read that is not filled says that there was no more")
}
