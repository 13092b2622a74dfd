package sockets

import (
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLatenessCountsForAsLongAsItWas(t *testing.T) {
	const ms = time.Millisecond
	var l lateness
	began := time.Now()
	at := func(after time.Duration) time.Duration { return l.at(began.Add(after)) }
	require.Zero(t, at(0))
	l.woke(began, 300*ms)
	require.Equal(t, 300*ms, at(0))
	require.Equal(t, 100*ms, at(200*ms))
	l.woke(began.Add(210*ms), 2*ms)
	require.Equal(t, ms, at(299*ms), "a short one hides no long one")
	require.Zero(t, at(300*ms))
	l.woke(began.Add(400*ms), 5*ms)
	l.woke(began.Add(401*ms), 20*ms)
	require.Equal(t, 20*ms, at(401*ms))
}

func TestALateOneThatStillWaitsIsSeen(t *testing.T) {
	var l lateness
	due := time.Now()
	l.due.Store(&due)
	require.Zero(t, l.at(due.Add(-time.Millisecond)))
	require.Equal(t, 50*time.Millisecond, l.at(due.Add(50*time.Millisecond)))
}

func TestAReaderWithoutACoreIsLate(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	over := make(chan struct{})
	defer close(over)
	for range 20 { // each keeps the only core for 10 ms
		go func() {
			for {
				select {
				case <-over:
					return
				default:
				}
			}
		}()
	}
	var l lateness
	l.watch()
	require.Eventually(t, func() bool { return l.at(time.Now()) > 30*time.Millisecond }, 20*time.Second, tick)
}

func TestWhatIsReadIsAtLeastAsLateAsItsProcess(t *testing.T) {
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close(); _ = far.Close(); ofProcess.until.Store(nil) })
	now := time.Now()
	ofProcess.woke(now, time.Hour)
	require.Equal(t, time.Hour, newEmptied(near).waited(now, now))
}
