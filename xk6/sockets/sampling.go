package sockets

import "math"

// shortestSeconds is the time in which what comes cannot be told from a burst
// by a clock that ticks in milliseconds.
const shortestSeconds = 0.01

// sampling is an even sample of a fast stream, as k6/support/sampling.ts takes it.
type sampling[Value any] struct {
	perSecond float64
	shortest  int
	most      int
	stride    int
	skip      int
	counted   int
	kept      []Value
}

// newSampling keeps so many values each second; below 1 where many share what
// may be kept, who take turns by their places.
func newSampling[Value any](perSecond float64, place int) *sampling[Value] {
	shortest := max(1, int(math.Ceil(1/perSecond)))
	return &sampling[Value]{
		perSecond: perSecond, shortest: shortest, most: max(1, int(perSecond)), stride: shortest, skip: place % shortest,
	}
}

// keeps says whether the next value is one to keep.
func (s *sampling[Value]) keeps() bool {
	s.counted++
	if s.skip > 0 {
		s.skip--
		return false
	}
	s.skip = s.stride - 1
	return true
}

// keep keeps the value that was asked for.
func (s *sampling[Value]) keep(value Value) {
	s.kept = append(s.kept, value)
	if len(s.kept) > s.most {
		s.thin()
	}
}

// take takes out what was kept, in order, and fits the stride to the stream.
func (s *sampling[Value]) take(seconds float64) []Value {
	due := s.perSecond * max(seconds, shortestSeconds)
	if float64(len(s.kept)) > 2*due {
		for float64(len(s.kept)) >= due+1 {
			s.thin()
		}
	}
	kept := s.kept
	s.kept = make([]Value, 0, len(kept))
	s.stride = max(s.shortest, int(math.Ceil(float64(s.counted)/due)))
	s.skip = min(s.skip, s.stride-1)
	s.counted = 0
	return kept
}

// thin leaves half as many, as if it had been so from the start.
func (s *sampling[Value]) thin() {
	if len(s.kept)%2 == 1 {
		s.skip += s.stride
	}
	left := s.kept[:0]
	for place := 0; place < len(s.kept); place += 2 {
		left = append(left, s.kept[place])
	}
	s.kept = left
	s.stride *= 2
}

// atOnceSeconds is how much of what is allowed may be taken at once.
const atOnceSeconds = 0.05

// allowance is so many things a second and no more, as k6/support/allowance.ts
// gives them out.
type allowance struct {
	interval, tolerance, opensAt float64
}

func newAllowance(perSecond float64) allowance {
	interval := 1000 / perSecond
	return allowance{interval, max(atOnceSeconds*1000, 2*interval) - interval, math.Inf(-1)}
}

// take takes one if there is one left, at milliseconds of any clock.
func (a *allowance) take(at float64) bool {
	if at < a.opensAt {
		return false
	}
	a.opensAt = max(a.opensAt, at-a.tolerance) + a.interval
	return true
}
