package workload

import "sync"

// Frame appends a part of an entry as a protocol wants it.
type Frame func(buf, part []byte) []byte

// Framed writes entries with each of their parts in a frame. Most parts are the
// same in all entries of a variant: they are framed once, with their neighbours.
type Framed struct {
	writer  *Writer
	frame   Frame
	entries []framedEntry
	part    []byte
}

type framedEntry struct {
	parts int
	steps []step
}

// step is text in its frames, and then a part that differs from entry to entry;
// none at the end.
type step struct {
	text   []byte
	pieces []piece
}

// frames is the entries of a template in their frames, made when they are first
// asked for.
type frames struct {
	once    sync.Once
	entries []framedEntry
}

// Framed returns what writes the entries in frames, of which a template has one
// kind.
func (w *Writer) Framed(frame Frame) *Framed {
	made := &w.template.frames
	made.once.Do(func() {
		for _, v := range w.template.variants {
			made.entries = append(made.entries, framedEntry{len(v.parts), stepsOf(v.parts, frame)})
		}
	})
	return &Framed{writer: w, frame: frame, entries: made.entries}
}

func stepsOf(parts [][]piece, frame Frame) []step {
	var steps []step
	var text []byte
	for _, part := range parts {
		if constant, isText := textOf(part); isText {
			text = frame(text, constant)
			continue
		}
		steps = append(steps, step{text, part})
		text = nil
	}
	return append(steps, step{text: text})
}

// textOf is the text of a part without slots.
func textOf(part []piece) (text []byte, isText bool) {
	for i := range part {
		if part[i].kind != pieceText {
			return nil, false
		}
		text = append(text, part[i].text...)
	}
	return text, true
}

// Entry appends the parts of an event's entry after what head says for their
// number.
func (f *Framed) Entry(buf []byte, t *Trace, head func(parts int) []byte) []byte {
	entry := &f.entries[f.writer.template.indexOf(t.Seq)]
	buf = append(buf, head(entry.parts)...)
	for i := range entry.steps {
		s := &entry.steps[i]
		buf = append(buf, s.text...)
		if s.pieces != nil {
			f.part = f.writer.append(f.part[:0], s.pieces, t)
			buf = f.frame(buf, f.part)
		}
	}
	return buf
}
