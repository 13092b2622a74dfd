// Command services runs the servers a load test needs on a machine that has
// none: a NATS server with JetStream, or a Redis server.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	err := newCommand(os.Stdin, os.Stdout).Execute()
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "services: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		os.Exit(2)
	}
	os.Exit(1)
}
