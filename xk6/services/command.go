package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// usageError is a mistake in the command line, as opposed to a service that
// could not run.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() + "; see services --help" }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// service is a running embedded server.
type service interface {
	// URL is where clients reach the server.
	URL() string
	// Stop ends the server and returns when it has let go of its port and files.
	Stop()
}

// newCommand builds the command line. Readiness is announced on stdout.
func newCommand(stdin io.Reader, stdout io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "services <nats|redis>",
		Short: "Run an embedded NATS or Redis server on the loopback interface",
		Long: `Run an embedded NATS or Redis server on the loopback interface.

When the server accepts connections, one line of JSON is printed on stdout:

  {"service":"nats","url":"nats://127.0.0.1:43211"}

The server stops on SIGINT and SIGTERM and, with --exit-with-stdin, when its
standard input closes.`,
		Example: `  services nats --store-dir /tmp/jetstream
  services redis --port 6379`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              noArguments("nats or redis"),
		RunE: func(*cobra.Command, []string) error {
			return usagef("no service given: want nats or redis")
		},
	}
	root.SetOut(stdout)
	root.SetFlagErrorFunc(flagError)

	var port int
	var exitWithStdin bool
	flags := root.PersistentFlags()
	flags.Var(newPort(&port), "port", "port to listen on, 0 for a free one")
	flags.Var(newSwitch(&exitWithStdin), "exit-with-stdin", "stop when standard input closes")
	flags.Lookup("exit-with-stdin").NoOptDefVal = "true"

	serve := func(cmd *cobra.Command, name string, start func() (service, error)) error {
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		if exitWithStdin {
			ctx = untilClosed(ctx, stdin)
		}
		running, err := start()
		if err != nil {
			return err
		}
		defer running.Stop()
		if err := announce(stdout, name, running.URL()); err != nil {
			return fmt.Errorf("announce %s: %w", name, err)
		}
		<-ctx.Done()
		return nil
	}

	var storeDir string
	nats := &cobra.Command{
		Use:   "nats --store-dir DIR",
		Short: "Run a NATS server with JetStream and file storage",
		Args:  noArguments("flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if storeDir == "" {
				return usagef("--store-dir is missing: give the directory for JetStream's files")
			}
			return serve(cmd, "nats", func() (service, error) { return startNATS(port, storeDir) })
		},
	}
	nats.Flags().StringVar(&storeDir, "store-dir", "", "directory for JetStream's files, created when missing")

	redis := &cobra.Command{
		Use:   "redis",
		Short: "Run an in-memory Redis server (miniredis)",
		Args:  noArguments("flags only"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd, "redis", func() (service, error) { return startRedis(port) })
		},
	}

	root.AddCommand(nats, redis)
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	return root
}

func announce(out io.Writer, name, url string) error {
	return json.NewEncoder(out).Encode(struct {
		Service string `json:"service"`
		URL     string `json:"url"`
	}{name, url})
}

// untilClosed returns a context that also ends when nothing more can be read
// from r, which for a pipe means that the process at its other end is gone.
func untilClosed(parent context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r)
	}()
	return ctx
}
