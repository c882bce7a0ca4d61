// Command loggers writes the same few minutes of a service with zap, zerolog, logrus, klog and the standard log.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog"
)

var folder = os.Args[1]

func create(name string) *os.File {
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		log.Fatal(err)
	}
	return file
}

type fault struct {
	title string
	err   error
}

// faults are errors as they come out of the standard library, a few rounds of them.
func faults() []fault {
	var all []fault
	for round := 1; round <= 4; round++ {
		_, number := strconv.Atoi("12,50")
		_, report := os.ReadFile("/var/lib/billing/report.csv")
		_, ledger := net.Dial("tcp", "127.0.0.1:9")
		_, name := net.Dial("tcp", "db.shop.internal:5432")
		var answer struct{}
		all = append(all,
			fault{"amount is not a number", number},
			fault{"report cannot be read", report},
			fault{"ledger not reachable", ledger},
			fault{"database not found", name},
			fault{"answer is not JSON", json.Unmarshal([]byte("<html>"), &answer)},
			fault{"job aborted", fmt.Errorf("job %d: %w", round, errors.New("context deadline exceeded"))},
		)
	}
	return all
}

func withZap(name string, encoder zapcore.Encoder) {
	logger := zap.New(zapcore.NewCore(encoder, create(name), zap.DebugLevel), zap.AddCaller(), zap.AddStacktrace(zap.ErrorLevel))
	logger.Info("billing starting", zap.String("version", "2.8.1"), zap.Int("workers", 4))
	logger.Warn("cache is cold", zap.Float64("hit_rate", 0))
	for _, fault := range faults() {
		logger.Debug("job started", zap.String("tenant", "t-001"))
		logger.Error(fault.title, zap.Error(fault.err))
	}
}

func withZerolog() {
	logger := zerolog.New(create("zerolog.jsonl")).With().Timestamp().Str("service", "billing").Logger()
	logger.Info().Str("version", "2.8.1").Msg("billing starting")
	logger.Warn().Float64("hit_rate", 0).Msg("cache is cold")
	for _, fault := range faults() {
		logger.Error().Err(fault.err).Str("tenant", "t-001").Msg(fault.title)
	}
	console := zerolog.New(zerolog.ConsoleWriter{Out: create("zerolog-console.log"), NoColor: true}).With().Timestamp().Logger()
	console.Info().Str("version", "2.8.1").Msg("billing starting")
	for _, fault := range faults() {
		console.Error().Err(fault.err).Msg(fault.title)
	}
}

func withLogrus(name string, formatter logrus.Formatter) {
	logger := logrus.New()
	logger.SetOutput(create(name))
	logger.SetFormatter(formatter)
	logger.WithFields(logrus.Fields{"version": "2.8.1", "workers": 4}).Info("billing starting")
	logger.WithField("hit_rate", 0).Warn("cache is cold")
	for _, fault := range faults() {
		logger.WithError(fault.err).WithField("tenant", "t-001").Error(fault.title)
	}
}

func withKlog() {
	flags := flag.NewFlagSet("klog", flag.ExitOnError)
	klog.InitFlags(flags)
	if err := flags.Parse([]string{"-logtostderr=false", "-alsologtostderr=false", "-stderrthreshold=FATAL", "-log_file=" + filepath.Join(folder, "klog.log")}); err != nil {
		log.Fatal(err)
	}
	klog.Infof("Starting billing controller, version %s", "2.8.1")
	klog.Warningf("cache is cold, hit rate %.1f", 0.0)
	for _, fault := range faults() {
		klog.Errorf("%s: %v", fault.title, fault.err)
	}
	klog.Flush()
}

func main() {
	withZap("zap-production.jsonl", zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()))
	withZap("zap-development.log", zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()))
	withZerolog()
	withLogrus("logrus-logfmt.log", &logrus.TextFormatter{DisableColors: true, FullTimestamp: true})
	withLogrus("logrus-json.jsonl", &logrus.JSONFormatter{})
	withKlog()
	standard := log.New(create("standard.log"), "billing: ", log.LstdFlags|log.Lmicroseconds|log.Lshortfile)
	standard.Print("starting, version 2.8.1")
	for _, fault := range faults() {
		standard.Printf("%s: %v", fault.title, fault.err)
	}
}
