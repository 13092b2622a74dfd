package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	loopback     = "127.0.0.1"
	startTimeout = 20 * time.Second
	startPoll    = 50 * time.Millisecond
)

type natsService struct{ server *server.Server }

// startNATS runs a NATS server that keeps its streams in storeDir.
func startNATS(port int, storeDir string) (service, error) {
	if err := os.MkdirAll(storeDir, 0o750); err != nil {
		return nil, fmt.Errorf("nats: --store-dir: %w", err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	srv, err := server.NewServer(&server.Options{
		Host:      loopback,
		Port:      port,
		JetStream: true,
		StoreDir:  storeDir,
		NoSigs:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	failure := &failureLog{}
	srv.SetLogger(failure, false, false)
	srv.Start()
	if err := awaitReady(srv, failure); err != nil {
		srv.Shutdown()
		return nil, fmt.Errorf("nats: %w", err)
	}
	return &natsService{srv}, nil
}

func awaitReady(srv *server.Server, failure *failureLog) error {
	deadline := time.Now().Add(startTimeout)
	for !srv.ReadyForConnections(startPoll) {
		if err := failure.Err(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %s", startTimeout)
		}
	}
	return failure.Err()
}

func (s *natsService) URL() string { return s.server.ClientURL() }

func (s *natsService) Stop() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// failureLog is a server log that keeps fatal errors and nothing else: the
// server reports a taken port or an unusable store only to its log.
type failureLog struct {
	mu  sync.Mutex
	err error
}

// Err is what kept the server from starting, if anything did.
func (l *failureLog) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Fatalf records what the server could not recover from.
func (l *failureLog) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = errors.Join(l.err, fmt.Errorf(format, args...))
}

// Noticef, Warnf, Errorf, Debugf and Tracef complete the server's log
// interface; their messages concern a server that goes on running.
func (*failureLog) Noticef(string, ...any) {}
func (*failureLog) Warnf(string, ...any)   {}
func (*failureLog) Errorf(string, ...any)  {}
func (*failureLog) Debugf(string, ...any)  {}
func (*failureLog) Tracef(string, ...any)  {}
