// A small pulumi-language-nodejs, for a Pulumi CLI that was built from source and brings none: it runs programs by
// the npm package @pulumi/pulumi of the program itself, installs packages with npm, and generates SDKs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// reported is the exit status of @pulumi/pulumi for an error that it has shown.
const reported = 32

const version = "0.1.0"

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine string
}

// Handshake takes the engine's address, where it was not an argument.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if request.EngineAddress != "" {
		h.engine = request.EngineAddress
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetRequiredPlugins returns none: the engine asks for each plugin when a resource first needs it.
func (h *host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// GetRequiredPackages returns none, as for plugins.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// About returns the Node.js on PATH, for `pulumi about`.
func (h *host) About(context.Context, *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("Node.js is not on PATH: see https://nodejs.org")
	}
	shown, err := exec.Command(node, "--version").Output()
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: node, Version: strings.TrimSpace(string(shown))}, nil
}

func (h *host) GetProgramDependencies(
	context.Context, *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	return &pulumirpc.GetProgramDependenciesResponse{}, nil
}

// InstallDependencies runs `npm install` in the program's folder and passes on what it prints.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	command := exec.CommandContext(server.Context(), "npm", "install", "--no-audit", "--no-fund")
	command.Dir = request.Info.ProgramDirectory
	output, err := command.CombinedOutput()
	if sendErr := server.Send(&pulumirpc.InstallDependenciesResponse{Stdout: output}); sendErr != nil {
		return sendErr
	}
	if err != nil {
		return fmt.Errorf("npm install in %s failed: %w", command.Dir, err)
	}
	return nil
}

// Run runs the program to its end; `Bail` says that its error has been shown.
func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	program := request.Info.ProgramDirectory
	runner, err := runner(program)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	arguments := []string{
		runner,
		"--monitor=" + request.MonitorAddress,
		"--engine=" + h.engine,
		"--organization=" + request.Organization,
		"--project=" + request.Project,
		"--root-directory=" + request.Info.RootDirectory,
		"--stack=" + request.Stack,
		"--pwd=" + request.Pwd,
		"--parallel=" + strconv.Itoa(int(request.Parallel)),
	}
	if request.DryRun {
		arguments = append(arguments, "--dry-run")
	}
	arguments = append(append(arguments, request.Info.EntryPoint), request.Args...)
	settings, err := configVariables(request)
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "node", arguments...)
	command.Dir = program
	command.Env = append(append(os.Environ(), settings...), runtimeOptions(request.Info)...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == reported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("The program ended without an error of its own: %s.", err)}, nil
	}
}

// GeneratePackage writes the SDK of a package.
func (h *host) GeneratePackage(
	_ context.Context, request *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, fmt.Errorf("the schema is invalid JSON: %w", err)
	}
	bound, diagnostics, err := schema.BindSpec(spec, loader, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	files, err := nodejs.GeneratePackage(
		"pulumi-language-nodejs", bound, request.ExtraFiles, request.LocalDependencies, request.Local,
		schema.NewCachedLoader(loader))
	if err != nil {
		return nil, err
	}
	for name, content := range files {
		path := filepath.Join(request.Directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.GeneratePackageResponse{}, nil
}

// Link makes local SDKs dependencies of the program, in its package.json.
func (h *host) Link(_ context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	imports := ""
	for _, linked := range request.Packages {
		content, err := os.ReadFile(filepath.Join(request.Info.RootDirectory, linked.Path, "package.json"))
		if err != nil {
			return nil, err
		}
		var sdk struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(content, &sdk); err != nil {
			return nil, fmt.Errorf("package.json in %s is invalid JSON: %w", linked.Path, err)
		}
		command := exec.Command("npm", "pkg", "set", "dependencies."+sdk.Name+"=file:"+filepath.ToSlash(linked.Path))
		command.Dir = request.Info.ProgramDirectory
		if output, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm pkg set failed: %s", output)
		}
		imports += fmt.Sprintf("  import * as sdk from %q;\n", sdk.Name)
	}
	return &pulumirpc.LinkResponse{ImportInstructions: "You can now use the SDK in your program:\n\n" + imports}, nil
}

// runner returns the script of @pulumi/pulumi that runs programs, as Node.js finds it from the program's folder.
func runner(program string) (string, error) {
	command := exec.Command("node", "-p", "require.resolve('@pulumi/pulumi/cmd/run')")
	command.Dir = program
	found, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("@pulumi/pulumi is not installed for the program in %s: run `pulumi install`", program)
	}
	return strings.TrimSpace(string(found)), nil
}

// configVariables returns the environment by which a program reads its config.
func configVariables(request *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(request.Config)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(request.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, nil
}

// runtimeOptions returns the environment for the runtime's options in Pulumi.yaml. TypeScript is on by default
// (https://www.pulumi.com/docs/iac/concepts/projects/project-file/#runtime-options).
func runtimeOptions(program *pulumirpc.ProgramInfo) []string {
	var variables []string
	options := program.GetOptions().GetFields()
	if typescript, given := options["typescript"]; !given || typescript.GetBoolValue() {
		variables = append(variables, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if path := options["tsconfig"].GetStringValue(); path != "" {
		variables = append(variables, "PULUMI_NODEJS_TSCONFIG_PATH="+path)
	}
	return variables
}

func main() {
	engine := ""
	for _, argument := range os.Args[1:] {
		if !strings.HasPrefix(argument, "-") {
			engine = argument
		}
	}
	cancel := make(chan bool)
	if engine != "" {
		if err := rpcutil.Healthcheck(context.Background(), engine, 5*60*1e9, func() { close(cancel) }); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine})
			return nil
		},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
