package nats

import "strconv"

// template is the messages of a workload, of which each differs in little: the
// form of core/template.ts. It writes an event without a script, at a
// hundredth of the cost.
type template struct {
	seed     uint32
	variants []variant
	limited  bool // a spelling has no room for every sequence number
}

// variant is what messages have in common.
type variant struct {
	subject string
	pieces  []piece
}

type pieceKind uint8

const (
	pieceText pieceKind = iota
	pieceIdentity
	pieceMillisecond
	pieceSecond
	pieceNumber
)

// piece is a stretch of a message: text, or a slot.
type piece struct {
	kind     pieceKind
	text     string
	spelling spelling
	number   numberSlot
}

// numberSlot is the event's number, or another that follows from it.
type numberSlot struct {
	every  uint32
	from   uint32
	drawn  bool // what draw gives for the seed and the number is written
	seed   uint32
	digits int // hexadecimal; 0 is decimal
	times  int
}

// variantOf is the variant of an event.
func (t *template) variantOf(seq uint32) *variant {
	return &t.variants[draw(t.seed, seq)%uint32(len(t.variants))]
}

// writer writes the messages of a template one after the other, into the same
// memory.
type writer struct {
	template *template
	buf      []byte
	times    isoTimes
}

// write returns the message of an event. It holds until the next call.
func (w *writer) write(t *trace) (subject string, data []byte) {
	v := w.template.variantOf(t.seq)
	buf := w.buf[:0]
	for i := range v.pieces {
		p := &v.pieces[i]
		switch p.kind {
		case pieceText:
			buf = append(buf, p.text...)
		case pieceIdentity:
			buf = t.append(buf, p.spelling)
		case pieceMillisecond:
			buf = append(buf, w.times.millisecond(t.micros)...)
		case pieceSecond:
			buf = w.times.appendSecond(buf, t.micros)
		case pieceNumber:
			buf = p.number.append(buf, t.seq)
		}
	}
	w.buf = buf
	return v.subject, buf
}

func (n *numberSlot) append(buf []byte, seq uint32) []byte {
	number := uint64(n.from) + uint64(seq/n.every)
	if n.drawn {
		number = uint64(draw(n.seed, uint32(number)))
	}
	start := len(buf)
	if n.digits == 0 {
		buf = strconv.AppendUint(buf, number, 10)
	} else {
		buf = appendHex(buf, number, n.digits)
	}
	once := buf[start:]
	for range n.times - 1 {
		buf = append(buf, once...)
	}
	return buf
}
