"""Small projects that the app is tested in, beside a stock one."""
