// Command crashes ends with what the Go runtime itself prints; its argument names the crash.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
)

type order struct{ customer *struct{ name string } }

func recurse(n int) int { return recurse(n+1) + 1 }

var crashes = map[string]func(){
	"nil-pointer":    func() { fmt.Println((&order{}).customer.name) },
	"index":          func() { args := []int{1, 2}; fmt.Println(args[len(os.Args)+3]) },
	"nil-map":        func() { var stock map[string]int; stock["pallet"] = 1 },
	"conversion":     func() { var any interface{} = "12"; fmt.Println(any.(int)) },
	"divide":         func() { zero := len(os.Args) - 2; fmt.Println(1 / zero) },
	"closed-channel": func() { c := make(chan int); close(c); close(c) },
	"deadlock":       func() { c := make(chan int); <-c },
	"lock-twice":     func() { var m sync.Mutex; m.Lock(); m.Lock() },
	"custom":         func() { panic(fmt.Errorf("cannot open ledger: %w", os.ErrPermission)) },
	"concurrent-map": func() {
		stock := map[int]int{}
		for n := 0; n < 8; n++ {
			go func() {
				for {
					stock[1]++
				}
			}()
		}
		select {}
	},
	"in-goroutine": func() {
		var wait sync.WaitGroup
		wait.Add(1)
		go func() { defer wait.Done(); panic("worker 3: queue is gone") }()
		wait.Wait()
	},
	"negative-waitgroup": func() { var wait sync.WaitGroup; wait.Done() },
	"stack-overflow":     func() { fmt.Println(recurse(0)) },
	"out-of-memory":      func() { fmt.Println(len(strings.Repeat("x", 1<<44))) },
	"port-taken": func() {
		go http.ListenAndServe(":8099", nil)
		for {
			if _, err := http.Get("http://127.0.0.1:8099/"); err == nil {
				log.Fatal(http.ListenAndServe(":8099", nil))
			}
		}
	},
	"handler": func() {
		http.HandleFunc("/", func(http.ResponseWriter, *http.Request) { panic("template is nil") })
		go http.ListenAndServe(":8098", nil)
		for tries := 0; tries < 2; tries++ {
			http.Get("http://127.0.0.1:8098/")
		}
	},
}

func main() {
	if len(os.Args) < 2 {
		for name := range crashes {
			fmt.Println(name)
		}
		return
	}
	crashes[os.Args[1]]()
}
