// The article's dual server: one process serves TCP and a Unix socket, and answers each "ping" with "pong".
//
// It keeps the article's faults on purpose: one read is taken for one message, the socket file is removed
// blindly, one buffer serves every connection of a listener. It is what `sockscope bench` is pointed at in the tests.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
)

func serve(network, address string) {
	if network == "unix" {
		os.Remove(address)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening", network, listener.Addr())
	buffer := make([]byte, 1024)
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer conn.Close()
			for {
				n, err := conn.Read(buffer)
				if err == io.EOF {
					return
				}
				if err != nil {
					log.Fatal(err)
				}
				if string(buffer[:n]) == "ping" {
					conn.Write([]byte("pong"))
				}
			}
		}()
	}
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: server TCP-ADDRESS UNIX-PATH")
	}
	go serve("tcp", os.Args[1])
	serve("unix", os.Args[2])
}
