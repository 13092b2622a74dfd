package main

import (
	"fmt"
	"net"
	"strconv"

	"github.com/alicebob/miniredis/v2"
)

type redisService struct{ server *miniredis.Miniredis }

// startRedis runs an in-memory Redis server.
func startRedis(port int) (service, error) {
	srv := miniredis.NewMiniRedis()
	if err := srv.StartAddr(net.JoinHostPort(loopback, strconv.Itoa(port))); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	return &redisService{srv}, nil
}

func (s *redisService) URL() string { return "redis://" + s.server.Addr() }

func (s *redisService) Stop() { s.server.Close() }
