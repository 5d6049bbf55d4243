defmodule DemoTest do
  use ExUnit.Case

  test "reports the release and the Erlang that runs it" do
    assert Demo.about() == "demo from source on Erlang/OTP #{System.otp_release()}: test"
  end

  test "answers a health check" do
    assert {"200 OK", "ok from source\n"} = Demo.Web.respond("/health")
  end

  test "runs each migration once" do
    database = Path.join(System.tmp_dir!(), "demo-#{System.unique_integer([:positive])}")
    Application.put_env(:demo, :database, database)
    run = fn -> ExUnit.CaptureIO.capture_io(&Demo.Release.migrate/0) end
    assert run.() == "migrated 20200101000000_create_database\n"
    assert run.() == ""
    File.rm!(database)
  end
end
