package workload

import (
	"fmt"
	"strconv"
	"time"
)

// The identity of an event, as core/trace.ts and core/identity.ts write it.

// Trace is who published an event, its place in the workload, and when it left.
type Trace struct {
	Source

	Seq    uint32
	Micros int64 // since the epoch
}

// Source is what the events of one publisher have in common.
type Source struct {
	Run       uint32
	Publisher uint16
}

// spelling is a way to write an identity.
type spelling uint8

const (
	spellText spelling = iota
	spellHash
	spellUUID
	spellNumber
)

var spellings = map[string]spelling{"text": spellText, "hash": spellHash, "uuid": spellUUID, "number": spellNumber}

const (
	checkPrime      = 65521
	uuidPrime       = 1_048_573
	numberPrime     = 2_147_483_647
	numberOffset    = 7 << 29
	canaryPublisher = 0xffff

	// seqLimit bounds the sequence numbers of UUIDs and numbers.
	seqLimit = 1 << 28

	hashMarker = "0x7468726f7567686c696e650001"
)

// draw is a number that looks random and depends on its arguments alone: the
// finalizer of MurmurHash3.
func draw(seed, seq uint32) uint32 {
	mixed := seed ^ (seq+1)*0x9e3779b1
	mixed = (mixed ^ mixed>>16) * 0x85ebca6b
	mixed = (mixed ^ mixed>>13) * 0xc2b2ae35
	return mixed ^ mixed>>16
}

func (t *Trace) append(buf []byte, as spelling) []byte {
	switch as {
	case spellHash:
		buf = append(buf, hashMarker...)
		buf = t.appendPlace(buf)
		buf = appendHex(buf, uint64(t.Micros), 14)
		return appendHex(buf, t.check(), 4)
	case spellUUID:
		return t.appendUUID(buf)
	case spellNumber:
		return t.appendNumber(buf)
	}
	buf = append(buf, "evt_"...)
	buf = strconv.AppendInt(buf, t.Micros, 10)
	buf = append(buf, "000_"...)
	buf = t.appendPlace(buf)
	return appendHex(buf, t.check(), 4)
}

func (t *Trace) appendPlace(buf []byte) []byte {
	buf = appendHex(buf, uint64(t.Run), 8)
	buf = appendHex(buf, uint64(t.Publisher), 4)
	return appendHex(buf, uint64(t.Seq), 8)
}

// millis is the time of publishing as events have it, in whole milliseconds.
func (t *Trace) millis() int64 { return (t.Micros + 500) / 1000 }

func (t *Trace) check() uint64 { return t.weighted(checkPrime, t.Micros) }

// weighted is the sum whose remainder the check digits are.
func (t *Trace) weighted(prime uint64, moment int64) uint64 {
	return ((uint64(t.Run)%prime)*40503 + uint64(t.Publisher)*30011 +
		(uint64(t.Seq)%prime)*52711 + (uint64(moment)%prime)*7919) % prime
}

func (t *Trace) appendUUID(buf []byte) []byte {
	moment := t.millis() % (1 << 24)
	var digits [32]byte
	all := appendHex(digits[:0], uint64(t.Run), 8)
	all = appendHex(all, uint64(t.Publisher), 4)
	all = append(all, '8')
	all = appendHex(all, uint64(t.Seq>>16), 3)
	all = append(all, '9')
	all = appendHex(all, uint64(t.Seq>>4&0xfff), 3)
	all = appendHex(all, uint64(t.Seq&0xf), 1)
	all = appendHex(all, uint64(moment), 6)
	all = appendHex(all, t.weighted(uuidPrime, moment), 5)
	for _, part := range [][]byte{all[:8], all[8:12], all[12:16], all[16:20]} {
		buf = append(append(buf, part...), '-')
	}
	return append(buf, all[20:]...)
}

func (t *Trace) appendNumber(buf []byte) []byte {
	place := uint64(t.Seq)
	if t.Publisher == canaryPublisher {
		place += seqLimit
	}
	return strconv.AppendUint(buf, (numberOffset+place)*numberPrime+uint64(draw(t.Run, 0))%numberPrime, 10)
}

const hexDigits = "0123456789abcdef"

// appendHex appends a number in hexadecimal digits with zeros before it; one
// that needs more digits gets them.
func appendHex(buf []byte, number uint64, digits int) []byte {
	var text [16]byte
	at := len(text)
	for number > 0 || digits > 0 {
		at--
		text[at] = hexDigits[number&0xf]
		number >>= 4
		digits--
	}
	return append(buf, text[at:]...)
}

// isoTimes writes times in ISO 8601. The last one is kept: consecutive events
// ask for the same one.
type isoTimes struct {
	milli int64
	text  []byte
}

const isoFormat = "2006-01-02T15:04:05.000Z"

// at is a time in milliseconds; the result holds until the next call.
func (i *isoTimes) at(milli int64) []byte {
	if milli != i.milli || i.text == nil {
		i.milli = milli
		i.text = time.UnixMilli(milli).UTC().AppendFormat(i.text[:0], isoFormat)
	}
	return i.text
}

// errSeqLimit is the mistake of a series that has no room in its spelling.
func errSeqLimit(last uint64) error {
	return fmt.Errorf("event %d: want a number below %d, UUIDs and numbers have no room for more", last, seqLimit)
}
