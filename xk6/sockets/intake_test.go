package sockets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func intakeOf(t testing.TB) *intake {
	_, wire := readTold(t)
	return &intake{
		wire: *wire, judges: true, enough: 1, heartbeat: 3000, takenAt: time.Now(),
		sampling: newSampling[sample](100, 1), comparison: newAllowance(1),
	}
}

func TestStraysAreKeptForTheScriptUpToSomeHundreds(t *testing.T) {
	in := intakeOf(t)
	stray := []byte(`{"type":"event","data":{}}`)
	in.enter(nil, stray, time.Now(), 0) // of no subscription: nothing else can come of it
	for range 999 {
		in.enter(&arrivals{}, stray, time.Now(), 0)
	}
	taken := in.take(time.Now())
	require.Len(t, taken.strays, straysKept)
	require.Equal(t, 1000-straysKept, taken.foreign)
	require.Equal(t, 1000, taken.events)
	in.enter(&arrivals{}, stray, time.Now(), 0)
	require.Len(t, in.take(time.Now()).strays, 1)
}

func TestEachPathIsReadThroughItsOwnMoment(t *testing.T) {
	in, now, at := intakeOf(t), 10_000.0, time.Now()
	quick, behind, silent := &arrivals{}, &arrivals{}, &arrivals{}
	in.enter(behind, []byte(eventOf(idA)), at, 5*time.Second)
	in.enter(quick, []byte(eventOf(idB)), at, 99*time.Millisecond)
	require.InDelta(t, 5_000, behind.readThrough(now, at), 0.001)
	require.InDelta(t, now, quick.readThrough(now, at), 0.001)
	require.InDelta(t, now, silent.readThrough(now, at), 0.001)
	taken := in.take(at)
	for _, sample := range taken.samples {
		require.InDelta(t, map[string]float64{idA: 5_000, idB: 99}[taken.text(sample.id)], sample.lag, 0.001)
	}
}

func TestAPathIsNeverReadThroughAnEarlierMoment(t *testing.T) {
	a, at := &arrivals{}, time.Now()
	a.appendReport(nil, a.readThrough(10_000, at))
	a.lag = 5_000
	require.InDelta(t, 10_000, a.readThrough(11_000, at), 0.001)
	require.InDelta(t, 11_000, a.readThrough(16_000, at), 0.001)
}

func TestAPathWhoseSocketIsNotReadEmptyIsBehind(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	at := time.Now()
	since := at.Add(-2 * time.Second)
	a := &arrivals{below: newEmptied(near)}
	a.below.fullSince.Store(&since)
	require.InDelta(t, 8_000, a.readThrough(10_000, at), 0.001)
}

func TestARepeatedIDCountsOnceInItsPlace(t *testing.T) {
	_, wire := readTold(t)
	text := `{"data":["` + idB + `","` + idA + `","` + idB + `","` + idC + `","` + idA + `"]}`
	require.Equal(t, [][]byte{[]byte(idB), []byte(idA), []byte(idC)}, idsIn([]byte(text), wire.key))
	keyed, err := json.Marshal(map[string]string{"event_id": idC})
	require.NoError(t, err)
	text += string(keyed) + string(keyed)
	require.Equal(t, [][]byte{[]byte(idC), []byte(idC)}, idsIn([]byte(text), wire.key))
}

func BenchmarkIDsOfALongList(b *testing.B) {
	_, wire := readTold(b)
	var list bytes.Buffer
	for number := range 10_000 {
		fmt.Fprintf(&list, `"evt_1767225600000000000_00000001000100%06dabcd",`, number)
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(idsIn(list.Bytes(), wire.key)) == 0 {
			b.Fatal("no ids")
		}
	}
}
