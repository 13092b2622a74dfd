package sockets

import (
	"time"

	"github.com/gorilla/websocket"
)

// send sends a text, behind those that were sent before.
func (s *socket) send(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil || s.isCut || s.isDone {
		return
	}
	s.queue = append(s.queue, text)
	s.flush()
}

// cut says goodbye and waits for no answer.
func (s *socket) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isCut || s.isDone {
		return
	}
	s.isCut = true
	if s.conn == nil {
		s.cancel()
		return
	}
	s.flush()
}

func (s *socket) wasCut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isCut
}

// flush starts what writes, where nothing is writing; the socket is locked.
func (s *socket) flush() {
	if s.isWriting {
		return
	}
	s.isWriting = true
	go s.write(s.conn)
}

// write writes what is queued, and then ends: a goroutine that waits for more
// costs as much as the rest of a connection.
func (s *socket) write(conn *connection) {
	for sent := 0; ; sent++ {
		s.mu.Lock()
		isCut := s.isCut
		if len(s.queue) == 0 {
			s.isWriting = false
			s.queue = nil
			s.mu.Unlock()
			s.push(s.state.BuiltinMetrics.WSMessagesSent, float64(sent))
			if isCut {
				_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(normalClosure, ""), time.Now().Add(writeTime))
				_ = conn.Close()
			}
			return
		}
		text := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		// Always: the script may cut the socket while this is written.
		_ = conn.SetWriteDeadline(time.Now().Add(writeTime))
		if err := conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			s.mu.Lock()
			s.isWriting, s.queue = true, nil // nothing more is written
			s.failure = err                  // told by what reads, behind all that it has
			s.mu.Unlock()
			s.push(s.state.BuiltinMetrics.WSMessagesSent, float64(sent))
			_ = conn.Close()
			return
		}
	}
}
