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
	due   atomic.Pointer[time.Time] // when what looks is to run again
	until atomic.Pointer[time.Time]
}

// ofProcess is watched from the first connection on.
var ofProcess lateness

// watch starts what looks, once.
func (l *lateness) watch() {
	l.start.Do(func() {
		go func() {
			for {
				due := time.Now().Add(tick)
				l.due.Store(&due)
				time.Sleep(tick)
				// What a timer wakes runs before all that waits: readers of sockets do not.
				runtime.Gosched()
				now := time.Now()
				l.woke(now, now.Sub(due))
			}
		}()
	})
}

// woke enters how late a goroutine ran. That counts less and less for as long
// again, in which what came meanwhile is read, and what did not wait at all.
func (l *lateness) woke(now time.Time, late time.Duration) {
	if late >= l.at(now) {
		until := now.Add(late)
		l.until.Store(&until)
	}
}

// at is how late what is read at a moment may be.
func (l *lateness) at(now time.Time) time.Duration {
	var late time.Duration
	if until := l.until.Load(); until != nil {
		late = max(late, until.Sub(now))
	}
	// What is to run already, and does not, is late as well.
	if due := l.due.Load(); due != nil {
		late = max(late, now.Sub(*due))
	}
	return late
}
