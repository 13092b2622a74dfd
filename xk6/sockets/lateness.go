package sockets

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// tick is how often the process looks whether it gets a core.
const tick = 10 * time.Millisecond

// lateness is for how long what is ready to run waits for a core. A socket that
// was read empty shows nothing of that: its small frames come in one read,
// however late that is.
type lateness struct {
	start sync.Once
	last  atomic.Pointer[delay]
}

// delay is how late a goroutine got a core, and until when that counts.
type delay struct {
	late  time.Duration
	until time.Time
}

// ofProcess is watched from the first connection on.
var ofProcess lateness

// watch starts what looks, once.
func (l *lateness) watch() {
	l.start.Do(func() {
		go func() {
			for {
				due := time.Now().Add(tick)
				time.Sleep(tick)
				// What a timer wakes runs before all that waits: readers of sockets do not.
				runtime.Gosched()
				now := time.Now()
				l.woke(now, now.Sub(due))
			}
		}()
	})
}

// woke enters how late a goroutine ran. That counts for as long again, in which
// what came meanwhile is read.
func (l *lateness) woke(now time.Time, late time.Duration) {
	if late >= l.at(now) {
		l.last.Store(&delay{late, now.Add(late)})
	}
}

// at is how late what is read at a moment may be.
func (l *lateness) at(now time.Time) time.Duration {
	if last := l.last.Load(); last != nil && now.Before(last.until) {
		return last.late
	}
	return 0
}
