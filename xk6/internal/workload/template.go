// Package workload writes the events of a workload without a script: the
// templates of core/template.ts and the identities of core/identity.ts.
package workload

import "strconv"

// template is the messages of a workload, of which each differs in little.
type template struct {
	seed     uint32
	variants []variant
	unwanted unwanted
	limited  bool // a spelling has no room for every sequence number
	frames   frames
}

// unwanted is how many of the variants, the last ones, are drawn with a share
// of their own.
type unwanted struct {
	share float64
	count uint32
}

// variant is what messages have in common: of a message its text, of an entry
// its fields.
type variant struct {
	subject string
	parts   [][]piece
}

type pieceKind uint8

const (
	pieceText pieceKind = iota
	pieceIdentity
	pieceISO
	pieceUnix
	pieceUnixMilli
	pieceNumber
)

// piece is a stretch of a message: text, or a slot.
type piece struct {
	kind     pieceKind
	text     string
	spelling spelling
	from, to int // characters of a time in ISO 8601
	number   numberSlot
}

// numberSlot is the event's number, or another that follows from it.
type numberSlot struct {
	every  uint32
	modulo uint32 // 0 is none
	from   uint32
	drawn  bool // what draw gives for the seed and the number is written
	seed   uint32
	below  uint32 // what is drawn is below it; 0 is no bound
	plus   uint32 // what is added to what is drawn
	digits int    // hexadecimal; 0 is decimal
	times  int
}

// variantOf is the variant of an event.
func (t *template) variantOf(seq uint32) *variant { return &t.variants[t.indexOf(seq)] }

// indexOf is the place of an event's variant among all of them.
func (t *template) indexOf(seq uint32) uint32 {
	drawn := draw(t.seed, seq)
	wanted := uint32(len(t.variants)) - t.unwanted.count
	if t.unwanted.share > 0 && float64(draw(drawn, seq)) < t.unwanted.share*(1<<32) {
		return wanted + drawn%t.unwanted.count
	}
	return drawn % wanted
}

// Writer writes the events of a template one after the other.
type Writer struct {
	template *template
	times    isoTimes
}

// Subject is where the message of an event goes.
func (w *Writer) Subject(seq uint32) string { return w.template.variantOf(seq).subject }

// Append appends the message of an event.
func (w *Writer) Append(buf []byte, t *Trace) (subject string, data []byte) {
	v := w.template.variantOf(t.Seq)
	for _, part := range v.parts {
		buf = w.append(buf, part, t)
	}
	return v.subject, buf
}

// Fields appends the parts of an entry, and hands out each of them. They hold
// as long as the memory they are in.
func (w *Writer) Fields(buf []byte, t *Trace, field func([]byte)) []byte {
	for _, part := range w.template.variantOf(t.Seq).parts {
		start := len(buf)
		buf = w.append(buf, part, t)
		field(buf[start:len(buf):len(buf)])
	}
	return buf
}

func (w *Writer) append(buf []byte, pieces []piece, t *Trace) []byte {
	for i := range pieces {
		p := &pieces[i]
		switch p.kind {
		case pieceText:
			buf = append(buf, p.text...)
		case pieceIdentity:
			buf = t.append(buf, p.spelling)
		case pieceISO:
			buf = append(buf, w.times.at(t.millis())[p.from:p.to]...)
		case pieceUnix:
			buf = strconv.AppendInt(buf, t.millis()/1000, 10)
		case pieceUnixMilli:
			buf = strconv.AppendInt(buf, t.millis(), 10)
		case pieceNumber:
			buf = p.number.append(buf, t.Seq)
		}
	}
	return buf
}

func (n *numberSlot) append(buf []byte, seq uint32) []byte {
	step := seq / n.every
	if n.modulo > 0 {
		step %= n.modulo
	}
	number := uint64(n.from) + uint64(step)
	if n.drawn {
		drawn := draw(n.seed, uint32(number))
		if n.below > 0 {
			drawn %= n.below
		}
		number = uint64(drawn) + uint64(n.plus)
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
