package sockets

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/js/modulestest"
	"go.k6.io/k6/lib"
)

// followed is a VU that follows its connections, and one that it has opened with its other end.
type followed struct {
	*modulestest.Runtime

	vu    *instance
	near  net.Conn
	far   net.Conn
	state *lib.State
}

func open(t *testing.T, bytesPerSecond float64) *followed {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	runtime := modulestest.NewRuntime(t)
	vu := New().NewModuleInstance(runtime.VU).(*instance)
	state := &lib.State{Logger: logrus.New(), Dialer: &net.Dialer{}}
	runtime.MoveToVUContext(state)
	vu.follow(bytesPerSecond)
	near, err := state.Dialer.DialContext(t.Context(), "tcp", listener.Addr().String())
	require.NoError(t, err)
	far, err := listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	return &followed{runtime, vu, near, far, state}
}

func TestVanishSendsNothingMore(t *testing.T) {
	o := open(t, 0)
	require.Equal(t, 1, o.vu.vanish())
	rest, err := io.ReadAll(o.far)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.Equal(t, 0, o.vu.vanish())
}

func TestVanishLeavesOutWhatIsClosed(t *testing.T) {
	o := open(t, 0)
	require.NoError(t, o.near.Close())
	require.Equal(t, 0, o.vu.vanish())
}

func TestVanishWithoutFollow(t *testing.T) {
	require.Equal(t, 0, (&instance{}).vanish())
}

func TestFollowTwiceWrapsOnce(t *testing.T) {
	o := open(t, 0)
	before := o.state.Dialer
	o.vu.follow(1_000)
	require.Same(t, before, o.state.Dialer)
}

func TestFollowInInitContextIsRefused(t *testing.T) {
	runtime := modulestest.NewRuntime(t)
	vu := New().NewModuleInstance(runtime.VU).(*instance)
	require.Panics(t, func() { vu.follow(0) })
}

func TestSlowReaderHoldsItsSenderUp(t *testing.T) {
	o := open(t, 64<<10)
	sent := make(chan int, 1)
	go func() {
		// Far more than the kernel keeps on both sides.
		n, _ := o.far.Write(bytes.Repeat([]byte{'x'}, 64<<20))
		sent <- n
	}()
	go func() { _, _ = io.Copy(io.Discard, o.near) }()
	select {
	case <-sent:
		t.Fatal("64 MB were taken at once")
	case <-time.After(300 * time.Millisecond):
	}
	require.Equal(t, 1, o.vu.vanish())
	require.Less(t, <-sent, 64<<20)
}

func TestQuickReaderReadsAll(t *testing.T) {
	o := open(t, 0)
	text := bytes.Repeat([]byte("event"), 1<<16)
	go func() { _, _ = o.far.Write(text); _ = o.far.Close() }()
	read, err := io.ReadAll(o.near)
	require.NoError(t, err)
	require.Equal(t, text, read)
}
