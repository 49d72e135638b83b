// The article's test and benchmark, as clients of a server that is already running: each dials TCP and the Unix socket,
// sends "ping" and expects "pong".
//
//	sockscope serve tcp:0.0.0.0:8080 unix:jinsu.sock --service pong
//	go test ./client -bench . -benchtime 100000x
//
// The addresses are the article's; PING_TCP and PING_UNIX name others.
package client

import (
	"net"
	"os"
	"testing"
)

func address(variable, fallback string) string {
	if value := os.Getenv(variable); value != "" {
		return value
	}
	return fallback
}

var endpoints = []struct{ network, address string }{
	{"tcp", address("PING_TCP", "127.0.0.1:8080")},
	{"unix", address("PING_UNIX", "jinsu.sock")},
}

func exchange(t testing.TB, conn net.Conn, buffer []byte) {
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	if answer := string(buffer[:n]); answer != "pong" {
		t.Fatalf("expected pong, got %q", answer)
	}
}

func TestSocket(t *testing.T) {
	for _, endpoint := range endpoints {
		t.Run(endpoint.network, func(t *testing.T) {
			conn, err := net.Dial(endpoint.network, endpoint.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			exchange(t, conn, make([]byte, 1024))
		})
	}
}

func BenchmarkSocket(b *testing.B) {
	for _, endpoint := range endpoints {
		b.Run(endpoint.network, func(b *testing.B) {
			conn, err := net.Dial(endpoint.network, endpoint.address)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			buffer := make([]byte, 1024)
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				exchange(b, conn, buffer)
			}
		})
	}
}
