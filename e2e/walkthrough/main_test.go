// Package walkthrough_test follows the README's quick start and docs/getting-started.md to the letter: it takes commands,
// files and addresses out of the Markdown, in the order in which a reader meets them, and does nothing else.
//
// The documents name fixed ports. So the tests run in a network namespace of their own, in which every port is free.
package walkthrough_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// inNamespace is set for the process that runs the tests.
const inNamespace = "CIELO24_WALKTHROUGH_NAMESPACE"

func TestMain(m *testing.M) {
	if os.Getenv(inNamespace) == "" {
		os.Exit(runInNamespace())
	}
	if err := loopbackUp(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "network namespace without a loopback interface:", err)
		os.Exit(1)
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// runInNamespace runs this test binary again, in a new network namespace, and returns its exit code.
func runInNamespace() int {
	cmd := exec.Command(os.Args[0], os.Args[1:]...) //nolint:noctx // go test ends the whole process
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		// Only root may create one; in a user namespace, everybody is.
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return max(1, exit.ExitCode())
	default:
		_, _ = fmt.Fprintf(os.Stderr, "no network namespace: %v; run the tests as root, or allow unprivileged user namespaces\n", err)
		return 1
	}
}

// loopbackUp switches on the loopback interface, which is off in a new namespace.
func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, lo)
}
